import { statSync } from 'node:fs';
import { canReach, isRoot, setprivTo } from './another-user.ts';
import { filesOfNode } from './node-files.ts';
import { withPrologue } from './prologue.ts';
import { helpOf, toolPath } from './tools.ts';
import type { Construction } from './wall.ts';

/** What setpriv can do beside giving up rights: both since util-linux 2.41, and where the kernel has it. */
interface Abilities {
  landlock: boolean;
  /** The file of the filter. */
  seccomp: string | undefined;
}

/**
 * What a child can be kept from without namespaces, which containers and some systems do not give: with a new setpriv
 * files (https://docs.kernel.org/userspace-api/landlock.html) and most system calls, and with any new rights. The most
 * comes first, since the kernel may lack one or the other.
 */
export async function restrictions(filterFile: string | undefined): Promise<Construction[]> {
  const setpriv = toolPath('setpriv');
  if (setpriv === undefined) return [];
  const help = await helpOf(setpriv);
  const seccomp = help.includes('--seccomp-filter') ? filterFile : undefined;
  const landlock = help.includes('--landlock-access');
  const all: Abilities[] = [
    { landlock, seccomp },
    { landlock: false, seccomp },
    { landlock, seccomp: undefined },
    { landlock: false, seccomp: undefined },
  ];
  const unlike = new Map(all.map((abilities) => [JSON.stringify(abilities), abilities]));
  return [...unlike.values()].map((abilities) => restricted(setpriv, abilities));
}

function restricted(setpriv: string, { landlock, seccomp }: Abilities): Construction {
  return {
    name: ['setpriv', ...(landlock ? ['Landlock'] : []), ...(seccomp ? ['seccomp'] : [])].join(', '),
    wrap(command, place) {
      return withPrologue(
        [
          // Root's own folders may be closed to everybody else.
          ...(isRoot() && place.readable.every(canReach) ? setprivTo(setpriv) : withoutRights(setpriv)),
          // A child that nobody listens to any more has no other way to hear of it.
          '--pdeathsig=KILL',
          ...(landlock ? ['--landlock-access=fs', ...place.readable.flatMap(ruleFor), ...OWN_PROCESS] : []),
          ...(seccomp ? [`--seccomp-filter=${seccomp}`] : []),
          ...['--', ...withoutConfiguration(command)],
        ],
        place,
      );
    },
  };
}

/** Where Node.js reads how much memory it has; nothing of any other process. */
const OWN_PROCESS = ['--landlock-rule=path-beneath:read-file:/proc/self'];

function withoutRights(setpriv: string): string[] {
  const ofRoot = isRoot() ? ['--bounding-set=-all'] : [];
  return [setpriv, '--no-new-privs', '--inh-caps=-all', ...ofRoot];
}

/** Node.js does not start where it may not read the machine's settings of OpenSSL, but does where there are none. */
function withoutConfiguration([node = '', ...args]: readonly string[]): string[] {
  return [node, '--openssl-config=/none', ...args];
}

function ruleFor(path: string): string {
  return `--landlock-rule=path-beneath:${accessTo(path)}:${path}`;
}

function accessTo(path: string): string {
  if (statSync(path).isDirectory()) return 'read-file,read-dir';
  return filesOfNode().includes(path) ? 'read-file,execute' : 'read-file';
}

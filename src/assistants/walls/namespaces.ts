import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ANOTHER_USER, isRoot } from './another-user.ts';
import { withPrologue } from './prologue.ts';
import { toolPath } from './tools.ts';
import type { Construction } from './wall.ts';

/** Every system has this folder, and a child needs nothing of what is there. */
const ROOT = '/sys';

/**
 * Puts what a child may read, and nothing else, into an empty root, and stays as the first process of its namespace
 * and another user's: so the kernel lets the child end as any process does. Arguments: the folders and the files to
 * make and the paths to put there, a line each; and the command that enters the root.
 */
const SCRIPT = `
set -ef
umask 022
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs ${ROOT}
IFS='
'
mkdir -p $1
for file in $2; do : > "$file"; done
for path in $3; do mount --bind -o ro,nosuid,nodev "$path" "${ROOT}$path"; done
mount -t proc -o ro,nosuid,nodev,noexec proc ${ROOT}/proc
mount -o remount,ro ${ROOT}
umask 077
set +e
shift 3
"$@"
exit $?
`;

/** The same as bubblewrap's, but for the filter of system calls, with what util-linux brings to root. */
export function namespaces(): Construction | undefined {
  const [unshare, setpriv] = [toolPath('unshare'), toolPath('setpriv')];
  if (!isRoot() || unshare === undefined || setpriv === undefined) return undefined;
  return {
    name: 'unshare and setpriv',
    wrap(command, place) {
      const outside = ['--mount', '--net', '--ipc', '--pid', '--uts', '--propagation=private'];
      const entering = [`--root=${ROOT}`, `--wd=${place.cwd}`, ...user()];
      return withPrologue(
        [
          ...[
            setpriv,
            '--no-new-privs',
            '--pdeathsig=KILL',
            unshare,
            ...outside,
            '--fork',
            '--kill-child=KILL',
          ],
          ...['/bin/sh', '-c', SCRIPT, 'sh', ...rootWith(place.readable)],
          ...[unshare, ...entering, ...command],
        ],
        place,
      );
    },
  };
}

function user(): string[] {
  return [`--setgid=${ANOTHER_USER}`, `--setuid=${ANOTHER_USER}`];
}

/** What the script makes its root of. */
function rootWith(readable: readonly string[]): string[] {
  const paths = [...new Set(readable)];
  const files = paths.filter((path) => !statSync(path).isDirectory());
  const folders = paths.map((path) => (files.includes(path) ? dirname(path) : path));
  const inRoot = (path: string) => `${ROOT}${path}`;
  const made = [new Set([...folders, '/proc']), files].map((each) => [...each].map(inRoot));
  return [...made, paths].map((each) => each.join('\n'));
}

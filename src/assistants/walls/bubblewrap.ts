import { dirname } from 'node:path';
import { isRoot, setprivTo } from './another-user.ts';
import { withPrologue } from './prologue.ts';
import { librariesOf, toolPath } from './tools.ts';
import { type Construction, FILTER_DESCRIPTOR } from './wall.ts';

/** Without a user namespace, in which nobody could become another user. */
const AS_ROOT = ['--unshare-ipc', '--unshare-pid', '--unshare-net', '--unshare-uts', '--unshare-cgroup-try'];
const ROOTS_RIGHTS = ['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP'].flatMap((name) => ['--cap-add', name]);

/** The folders that bubblewrap makes are root's, and the child another user's. */
const OPEN = '022';

/**
 * A machine of its own for each child: no network, no processes but its own, no files but those it may read, no rights
 * and few system calls. Of root's children each becomes another user, which takes setpriv too.
 * https://github.com/containers/bubblewrap
 */
export async function bubblewrap(filterFile: string | undefined): Promise<Construction | undefined> {
  const bwrap = toolPath('bwrap');
  if (bwrap === undefined) return undefined;
  const setpriv = isRoot() ? toolPath('setpriv') : undefined;
  const further = setpriv ? [setpriv, ...(await librariesOf(setpriv))] : [];
  return {
    name: setpriv ? 'bubblewrap and setpriv' : 'bubblewrap',
    ...(filterFile !== undefined && { filterFile }),
    wrap(command, place) {
      const readable = new Set([...further, ...place.readable]);
      return withPrologue(
        [
          ...[bwrap, ...(setpriv ? AS_ROOT : ['--unshare-all'])],
          ...['--die-with-parent', '--new-session', '--cap-drop', 'ALL', ...(setpriv ? ROOTS_RIGHTS : [])],
          ...(filterFile === undefined ? [] : ['--seccomp', String(FILTER_DESCRIPTOR)]),
          // Folders that it has to make for files are otherwise for their owner alone.
          ...[...new Set([...readable].map(dirname))].flatMap((folder) => ['--dir', folder]),
          ...[...readable].flatMap((path) => ['--ro-bind', path, path]),
          ...['--proc', '/proc', '--remount-ro', '/proc', '--remount-ro', '/', '--chdir', place.cwd, '--'],
          ...(setpriv ? setprivTo(setpriv) : []),
          ...command,
        ],
        place,
        OPEN,
      );
    },
  };
}

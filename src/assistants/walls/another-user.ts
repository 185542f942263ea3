import { chownSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Debian keeps it for nobody, and no other system gives it to anybody. https://www.debian.org/doc/debian-policy/ch-opersys.html#uid-and-gid-classes */
export const ANOTHER_USER = 65_533;

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The command that gives up root and every right for good, before the command that follows. */
export function setprivTo(setpriv: string): string[] {
  const user = [`--reuid=${ANOTHER_USER}`, `--regid=${ANOTHER_USER}`, '--clear-groups'];
  return [setpriv, ...user, '--bounding-set=-all', '--inh-caps=-all', '--no-new-privs'];
}

/** Lets another user read a file that is for its owner alone, and nobody else. */
export function lend(path: string): void {
  const stats = statSync(path);
  if (stats.isFile() && !isReadable(stats)) chownSync(path, ANOTHER_USER, stats.gid);
}

/** Whether another user comes to the path and may read it. */
export function canReach(path: string): boolean {
  return isReadable(statSync(path)) && canEnter(dirname(path));
}

function canEnter(folder: string): boolean {
  return (statSync(folder).mode & 0o001) !== 0 && (dirname(folder) === folder || canEnter(dirname(folder)));
}

function isReadable({ mode, uid }: Stats): boolean {
  return (mode & 0o004) !== 0 || uid === ANOTHER_USER;
}

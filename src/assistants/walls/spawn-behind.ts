import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { lend } from './another-user.ts';
import { environmentOfNode, filesOfNode, packageFileOf } from './node-files.ts';
import { NICENESS, sacrificeOfChildren } from './prologue.ts';
import { NODE_ALONE, type Place, type Walls } from './wall.ts';

/**
 * Starts Node.js with these arguments behind the walls, in a session of its own, without a terminal and without an
 * environment but the time zone. It is ended by a `SIGKILL` to the process that is returned, which may be a tool that
 * stands before it; its exit status may then be 128 and the number of the signal that ended it.
 *
 * Descriptors: 0 to 2 as always, and 3 for a reason; all of them pipes, and no others.
 */
export function spawnBehind(walls: Walls, args: readonly string[], place: Place): ChildProcess {
  const { construction, standing } = walls;
  const isAlone = construction === NODE_ALONE.construction;
  if (standing.has('user') && standing.has('files')) for (const path of place.readable) lend(path);
  const [program = '', ...rest] = construction.wrap(
    [process.execPath, ...args],
    isAlone ? place : withFilesOfNode(place),
  );
  const filter = construction.filterFile === undefined ? [] : [openSync(construction.filterFile, 'r')];
  try {
    const child = spawn(program, rest, {
      cwd: place.cwd,
      env: isAlone ? {} : environmentOfNode(),
      stdio: ['pipe', 'pipe', 'pipe', 'pipe', ...filter],
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    if (isAlone) yieldToBot(child.pid);
    return child;
  } finally {
    for (const descriptor of filter) closeSync(descriptor);
  }
}

function withFilesOfNode(place: Place): Place {
  return { ...place, readable: [...filesOfNode(), ...packageFileOf(place.cwd), ...place.readable] };
}

/** For a child without a prologue; the others have done so by themselves. */
function yieldToBot(pid: number | undefined): void {
  if (pid === undefined) return;
  quietly(() => setPriority(pid, NICENESS));
  if (process.platform === 'linux')
    quietly(() => writeFileSync(`/proc/${pid}/oom_score_adj`, String(sacrificeOfChildren())));
}

function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // The process is gone already, or the system has no such thing: it works without.
  }
}

import { spawn } from 'node:child_process';

/**
 * Waits for the end of its input, which comes with the end of whoever holds it, and ends a process group. A program that
 * heeds its own input is given a second for that, and one that heeds SIGTERM another.
 */
const WATCH = 'read -r _ && exit; sleep 1; kill -TERM "-$1" && sleep 1 && kill -KILL "-$1"';

/**
 * Ends a process group when this process has ended, also where that was killed and could do nothing. Where there is no shell,
 * and on Windows, nobody does: programs there end when they heed the end of their input.
 * @returns Ends the watch, when the group is over.
 */
export function endedAfterUs(group: number): () => void {
  // It leads a group of its own, so that what is sent to ours does not reach it.
  const watch = spawn('/bin/sh', ['-c', WATCH, 'sh', String(group)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: { PATH: process.env.PATH },
  });
  watch.on('error', () => {}).unref();
  watch.stdin.on('error', () => {});
  return () => void watch.kill('SIGKILL');
}

import { readFileSync } from 'node:fs';
import { toolPath } from './tools.ts';
import type { Place } from './wall.ts';

/** Below the bot's own priority, so that a loop in Python or a long document doesn't slow the chat down. */
export const NICENESS = 5;

/** How much sooner than the bot a child is ended where the system runs out of memory, in thousandths of all memory. */
const SACRIFICE = 500;

/** The most there can be: https://man7.org/linux/man-pages/man5/proc_pid_oom_score_adj.5.html */
const MOST_SACRIFICE = 1_000;

/** Node.js opens about thirty. */
const MOST_DESCRIPTORS = 256;

/** What Node.js sets apart for itself and hardly fills: the room for code of two threads, and all stacks. Measured: 1.5 GB. */
const V8_RESERVED_BYTES = 3 * 1024 * 1024 * 1024;

const SCRIPT = 'echo "$1" > /proc/self/oom_score_adj; umask "$2"; shift 2; exec "$@"';

/** What a process makes is for nobody else. */
const PRIVATE = '077';

/**
 * What every child on Linux begins with: it is ended before the bot when memory is short, its files are for nobody
 * else, it leaves no image of its memory behind, writes into no file, and comes after the bot.
 */
export function withPrologue(
  command: readonly string[],
  { memoryBytes }: Place,
  umask: string = PRIVATE,
): string[] {
  const nice = toolPath('nice');
  const prlimit = toolPath('prlimit');
  const limits = [
    '--core=0',
    '--fsize=0',
    `--nofile=${MOST_DESCRIPTORS}`,
    `--data=${V8_RESERVED_BYTES + memoryBytes}`,
  ];
  return [
    ...['/bin/sh', '-c', SCRIPT, 'sh', String(sacrificeOfChildren()), umask],
    ...(nice ? [nice, '-n', String(NICENESS)] : []),
    ...(prlimit ? [prlimit, ...limits, '--'] : []),
    ...command,
  ];
}

/** What stands in `oom_score_adj` of a child; whoever has the highest is ended first. */
export function sacrificeOfChildren(): number {
  return Math.min(MOST_SACRIFICE, sacrificeOf('self') + SACRIFICE);
}

/** 0, as it is where nobody has said anything, also for a process that is gone or a system that has no such thing. */
export function sacrificeOf(pid: number | 'self'): number {
  try {
    return Number(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8'));
  } catch {
    return 0;
  }
}

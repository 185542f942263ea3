import { readdirSync, readFileSync } from 'node:fs';

/** A process that can be told from a later one with the same number. */
export interface Process {
  readonly pid: number;
  /** When it began, in the system's own ticks. */
  readonly since: string;
}

/** All below a process; none where there is no `/proc`. */
export function descendants(pid: number | undefined): Process[] {
  if (pid === undefined) return [];
  const parents = new Map<number, number>();
  for (const name of numbersIn('/proc')) {
    const parent = fieldsOf(name)?.parent;
    if (parent !== undefined) parents.set(name, parent);
  }
  const below = (root: number): number[] =>
    [...parents].filter(([, parent]) => parent === root).flatMap(([child]) => [child, ...below(child)]);
  return below(pid).flatMap((child) => {
    const since = fieldsOf(child)?.since;
    return since === undefined ? [] : [{ pid: child, since }];
  });
}

export function isAlive({ pid, since }: Process): boolean {
  const fields = fieldsOf(pid);
  return fields !== undefined && fields.since === since && fields.state !== 'Z';
}

function numbersIn(folder: string): number[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/** Undefined when it is gone. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function fieldsOf(pid: number): { state: string; parent: number; since: string } | undefined {
  try {
    // The name, which may hold spaces, ends with the last parenthesis.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return { state: fields[0] ?? '', parent: Number(fields[1]), since: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

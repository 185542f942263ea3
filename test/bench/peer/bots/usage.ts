import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts a process's time in hundredths of a second for its readers. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const TICK_MS = 10;
const KB_PER_MB = 1_000;

/** Processor time of a process and all below it; NaN where there is no `/proc`. */
export function processorMs(pid: number | undefined): number {
  return sum(pid, (file) => {
    // The name, which may hold spaces, ends with the last parenthesis; 14 and 15 are the user's and the system's time.
    const fields = file('stat')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  });
}

/** Resident memory in megabytes. */
export function residentMB(pid: number | undefined): number {
  return sum(pid, (file) => Number(/^VmRSS:\s+(\d+) kB/m.exec(file('status'))?.[1] ?? 0) / KB_PER_MB);
}

function sum(root: number | undefined, value: (file: (name: string) => string) => number): number {
  try {
    return family(root)
      .map((pid) => value((name) => readFileSync(`/proc/${pid}/${name}`, 'utf8')))
      .reduce((total, one) => total + one, 0);
  } catch {
    return Number.NaN;
  }
}

function family(root: number | undefined): number[] {
  if (root === undefined) return [];
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === root);
  return [root, ...children.flatMap(family)];
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}

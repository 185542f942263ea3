import { readFileSync } from 'node:fs';

const KiB = 1024;

/**
 * What a process and all below it hold, in bytes, without what they share as files: a tool may stand before the child that
 * is meant. 0 for a process that is gone, and where the system has no such figures.
 * https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
 */
export function residentBytes(pid: number): number {
  return ownBytes(pid) + childrenOf(pid).reduce((sum, child) => sum + residentBytes(child), 0);
}

function ownBytes(pid: number): number {
  const status = read(`/proc/${pid}/status`);
  return KiB * ['RssAnon', 'RssShmem'].reduce((sum, field) => sum + numberOf(status, field), 0);
}

function numberOf(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s*(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0);
}

function childrenOf(pid: number): number[] {
  return read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

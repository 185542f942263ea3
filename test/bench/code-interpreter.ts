import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSandbox, type Sandbox } from '../../src/assistants/code-interpreter/sandbox.ts';
import { type Figure, median, print } from './figure.ts';

const ROUND_TRIPS = 200;
const STARTS = 5;

/** Measures the sandbox on this machine; it takes about ten seconds. */
export async function codeInterpreterFigures(): Promise<Figure[]> {
  const cacheDir = await mkdtemp(join(tmpdir(), 'bobbin-bench-'));
  try {
    const first = await timeOfFirstUse(cacheDir, false);
    const cold = await medianOf(STARTS, () => timeOfFirstUse(cacheDir, false));
    const warm = await medianOf(STARTS, () => timeOfFirstUse(cacheDir, true));
    const { roundTrip, megabytes } = await inOneSession(cacheDir);
    return [
      { name: 'Python: warm round trip', value: milliseconds(roundTrip), aim: '5 ms' },
      { name: 'Python: first use, one ready', value: milliseconds(warm), aim: 'near 0' },
      { name: 'Python: first use, none ready', value: milliseconds(cold) },
      { name: 'Python: first use ever, snapshot made', value: milliseconds(first) },
      { name: 'Python: memory of a process', value: `${megabytes} MB` },
    ];
  } finally {
    await rm(cacheDir, { recursive: true });
  }
}

async function timeOfFirstUse(cacheDir: string, warm: boolean): Promise<number> {
  const sandbox = createSandbox({ cacheDir });
  if (warm) await sandbox.warmUp();
  const time = await timeOfCall(sandbox);
  await sandbox.close();
  return time;
}

async function inOneSession(cacheDir: string): Promise<{ roundTrip: number; megabytes: number }> {
  const sandbox = createSandbox({ cacheDir });
  await timeOfCall(sandbox);
  const roundTrip = await medianOf(ROUND_TRIPS, () => timeOfCall(sandbox));
  const megabytes = residentMegabytes(sandbox.processIds());
  await sandbox.close();
  return { roundTrip, megabytes };
}

async function timeOfCall(sandbox: Sandbox): Promise<number> {
  const begun = performance.now();
  await sandbox.run(
    { session: 'bench', code: 'print(2 ** 100)', files: [] },
    () => {},
    new AbortController().signal,
  );
  return performance.now() - begun;
}

function residentMegabytes(pids: number[]): number {
  const kilobytes = execFileSync('ps', ['-o', 'rss=', '-p', pids.join()], { encoding: 'utf8' });
  return Math.round(Number(kilobytes.trim().split('\n')[0]) / 1024);
}

async function medianOf(count: number, measure: () => Promise<number>): Promise<number> {
  const values: number[] = [];
  for (let i = 0; i < count; i++) values.push(await measure());
  return median(values);
}

function milliseconds(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}

if (import.meta.main) print(await codeInterpreterFigures());

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Figure, median, print } from './figure.ts';

const root = join(import.meta.dirname, '../..');
const STARTS = 10;
/** Milliseconds between two looks at whether the sandbox is there. */
const LOOK = 100;
/** The sandbox's start takes some seconds the first time. */
const PATIENCE = 15_000;

/** Start to prompt, and resident memory there, without and with the warm sandbox. */
export async function startFigures(): Promise<Figure[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'bobbin-bench-'));
  try {
    await (await startChat(dataDir)).end();
    const starts: Awaited<ReturnType<typeof startChat>>[] = [];
    for (let i = 0; i < STARTS; i++) {
      starts.push(await startChat(dataDir));
      await starts.at(-1)?.end();
    }
    const last = await startChat(dataDir);
    const warm = await memoryWithSandbox(last.child);
    await last.end();
    return [
      {
        name: `start to prompt, median of ${STARTS}`,
        value: ms(median(starts.map(({ took }) => took))),
        aim: '400 ms',
      },
      { name: 'memory at the prompt', value: mb(median(starts.map(({ memory }) => memory))), aim: '120 MB' },
      { name: 'memory with the warm sandbox', value: mb(warm) },
    ];
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function startChat(dataDir: string) {
  const began = performance.now();
  const env = { PATH: process.env.PATH ?? '', DATA_DIR: dataDir };
  const child = spawn(process.execPath, ['src/start.js'], {
    cwd: root,
    env,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  await new Promise((resolve) => child.stderr.once('data', resolve));
  const took = performance.now() - began;
  const memory = rss(child.pid);
  const end = async () => {
    child.stdin.end();
    await closed;
  };
  return { child, took, memory, end };
}

async function memoryWithSandbox(child: ChildProcess): Promise<number> {
  for (let waited = 0; waited < PATIENCE && descendants(child.pid).length === 0; waited += LOOK)
    await sleep(LOOK);
  await sleep(PATIENCE / 5);
  return [child.pid, ...descendants(child.pid)].reduce<number>((sum, pid) => sum + rss(pid), 0);
}

/** The processes below this one, from Linux's /proc. */
function descendants(pid: number | undefined): number[] {
  const children = processes().filter((other) => parentOf(other) === pid);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function processes(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function parentOf(pid: number): number | undefined {
  return Number(/^PPid:\s+(\d+)/m.exec(statusOf(pid))?.[1]);
}

/** Resident memory in megabytes. */
function rss(pid: number | undefined): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(statusOf(pid))?.[1] ?? Number.NaN) / 1_000;
}

function statusOf(pid: number | undefined): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

const ms = (value: number) => `${value.toFixed(0)} ms`;
const mb = (value: number) => `${value.toFixed(0)} MB`;

if (import.meta.main) print(await startFigures());

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore, type StoreOptions } from '../../src/store/open-store.ts';
import { startPostgres } from '../sim/postgres.ts';
import { type Figure, print } from './figure.ts';

/** One after the other, so that each finds the queue empty. */
const SINGLE = 300;
/** At once, each of a key of its own. */
const RUSH = 3_000;
/** Of a rush, so many are being put at a time by each process. */
const PUTTING = 50;
/** The first ones warm the processes up. */
const WARM_UP = 50;

/** Milliseconds between two looks at whether the queue is empty. */
const LOOK = 5;

/** From put to its work, and how many entries are put, worked on and done in a second. */
export async function queueFigures(): Promise<Figure[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'bobbin-bench-'));
  const postgres = await startPostgres();
  try {
    const shared = { dataDir, databaseUrl: postgres.url() };
    return [
      ...(await figures('SQLite', { dataDir }, 1)),
      ...(await figures('PostgreSQL', shared, 1)),
      ...(await figures('PostgreSQL', shared, 3)),
    ];
  } finally {
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function figures(store: string, options: StoreOptions, count: number): Promise<Figure[]> {
  const name = `${store}, ${count} ${count === 1 ? 'process' : 'processes'}`;
  const workers = await Promise.all(Array.from({ length: count }, () => startWorker(options)));
  const all = (order: string) => Promise.all(workers.map((worker) => worker.ask(order)));
  await workers[0]?.ask(`single ${WARM_UP}`);
  await all('times');
  await workers[0]?.ask(`single ${SINGLE}`);
  const times = (await all('times')).flatMap((json) => JSON.parse(json) as number[]).sort((a, b) => a - b);
  const began = performance.now();
  await all(`rush ${Math.ceil(RUSH / count)}`);
  const seconds = (performance.now() - began) / 1_000;
  const shares = (await all('times')).map((json) => (JSON.parse(json) as number[]).length);
  for (const worker of workers) worker.end();
  const at = (share: number) =>
    `${(times[Math.floor(share * (times.length - 1))] ?? Number.NaN).toFixed(1)} ms`;
  const split = count > 1 ? ` (${shares.join(' + ')})` : '';
  return [
    { name: `${name}: put to work, ${SINGLE} entries`, value: `p50 ${at(0.5)}, p99 ${at(0.99)}` },
    { name: `${name}: entries a second`, value: `${(RUSH / seconds).toFixed(0)}${split}` },
  ];
}

interface Worker {
  ask(order: string): Promise<string>;
  end(): void;
}

async function startWorker(options: StoreOptions): Promise<Worker> {
  const child: ChildProcess = spawn(process.execPath, [import.meta.filename, JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (!child.stdin || !child.stdout) throw new Error('A worker has no pipes.');
  const { stdin } = child;
  const lines = answers(createInterface({ input: child.stdout }));
  const next = async () => (await lines.next()).value ?? '';
  await next();
  const ask = (order: string) => {
    stdin.write(`${order}\n`);
    return next();
  };
  return { ask, end: () => void child.kill() };
}

async function* answers(lines: Interface): AsyncGenerator<string, string> {
  yield* lines;
  return '';
}

const now = () => performance.timeOrigin + performance.now();

/** A process that works on entries, each of which is the time at which it was put. */
async function work(options: StoreOptions): Promise<void> {
  const queue = (await openStore(options)).queue<number>('bench');
  let times: number[] = [];
  await queue.start(async (claim) => {
    const arrived = now();
    const entries = await claim.entries();
    for (const { data } of entries) times.push(arrived - data);
    await claim.done(entries.map(({ id }) => id));
  });
  let puts = 0;
  const put = () => {
    const id = `${process.pid}-${puts++}`;
    return queue.put({ id, key: id, data: now() });
  };
  const empty = async () => {
    while ((await queue.depth()) > 0) await sleep(LOOK);
  };
  const orders: Record<string, (count: number) => Promise<string>> = {
    async single(count) {
      for (let i = 0; i < count; i++) {
        await put();
        await empty();
      }
      return 'done';
    },
    async rush(count) {
      let left = count;
      const putter = async () => {
        while (left-- > 0) await put();
      };
      await Promise.all(Array.from({ length: PUTTING }, putter));
      await empty();
      return 'done';
    },
    async times() {
      const taken = times;
      times = [];
      return JSON.stringify(taken);
    },
  };
  process.stdout.write('ready\n');
  for await (const line of createInterface({ input: process.stdin })) {
    const [order = '', count] = line.split(' ');
    process.stdout.write(`${await orders[order]?.(Number(count))}\n`);
  }
}

if (import.meta.main && process.argv[2] !== undefined) await work(JSON.parse(process.argv[2]));
else if (import.meta.main) print(await queueFigures());

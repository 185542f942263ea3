import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore, type StoreOptions } from '../../src/store/open-store.ts';
import type { Claim } from '../../src/store/queue.ts';
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

/** So many processes are killed at work. */
const KILLS = 15;

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
      await takeOverFigure(shared),
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
  const times = (await all('times')).flatMap((json) => JSON.parse(json) as number[]);
  const began = performance.now();
  await all(`rush ${Math.ceil(RUSH / count)}`);
  const seconds = (performance.now() - began) / 1_000;
  const shares = (await all('times')).map((json) => (JSON.parse(json) as number[]).length);
  for (const worker of workers) worker.end();
  const split = count > 1 ? ` (${shares.join(' + ')})` : '';
  return [
    { name: `${name}: put to work, ${SINGLE} entries`, value: spread(times) },
    { name: `${name}: entries a second`, value: `${(RUSH / seconds).toFixed(0)}${split}` },
  ];
}

/** From `kill -9` of a process to the work of another one that goes on with what it had. */
async function takeOverFigure(options: StoreOptions): Promise<Figure> {
  const survivor = await startWorker(options);
  const times: number[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    await survivor.ask('rest');
    const victim = await startWorker(options);
    await victim.ask('hold');
    await survivor.ask('resume');
    const killed = now();
    victim.end();
    times.push(Number(await survivor.ask('taken')) - killed);
  }
  survivor.end();
  return { name: `PostgreSQL: kill -9 to taken over, ${KILLS} times`, value: spread(times), aim: '1 s' };
}

function spread(times: number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  return `p50 ${at(0.5).toFixed(1)} ms, p99 ${at(0.99).toFixed(1)} ms`;
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
  return { ask, end: () => void child.kill('SIGKILL') };
}

async function* answers(lines: Interface): AsyncGenerator<string, string> {
  yield* lines;
  return '';
}

const now = () => performance.timeOrigin + performance.now();

/** What is put instead of a time for who shall hold it for ever. */
const HOLD = -1;

/** A process that works on entries, each of which is the time at which it was put. */
async function work(options: StoreOptions): Promise<void> {
  const queue = (await openStore(options)).queue<number>('bench');
  let times: number[] = [];
  const holding = Promise.withResolvers<void>();
  let taken = Promise.withResolvers<number>();
  const workOn = async (claim: Claim<number>) => {
    const arrived = now();
    const entries = await claim.entries();
    if (claim.isTakenOver) taken.resolve(arrived);
    else if (entries[0]?.data === HOLD) {
      holding.resolve();
      return new Promise<void>(() => {});
    }
    for (const { data } of entries) times.push(arrived - data);
    await claim.done(entries.map(({ id }) => id));
  };
  await queue.start(workOn);
  let puts = 0;
  const put = (data = now()) => {
    const id = `${process.pid}-${puts++}`;
    return queue.put({ id, key: id, data });
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
    async rest() {
      await queue.stop();
      taken = Promise.withResolvers();
      return 'done';
    },
    async resume() {
      await queue.start(workOn);
      return 'done';
    },
    async hold() {
      await put(HOLD);
      await holding.promise;
      return 'done';
    },
    taken: async () => String(await taken.promise),
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

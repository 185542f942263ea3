import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { sqliteStore } from '../../src/store/sqlite/store.ts';
import { type Figure, percentile, print } from './figure.ts';

const SECONDS = 8;
const REPLIES_PER_SECOND = 30;
/** What is kept of one reply, one after the other, and about how large each is. */
const WRITES = 13;
const VALUE = 'x'.repeat(2_000);
/** Entries that are there before, so that what is written lies apart, as in a store that has been used. */
const OLD_ENTRIES = 20_000;
const AT_ONCE = 500;
const IDLE_MS = 2_000;

/**
 * For how long the store holds up everything else while replies are kept on the disk. Beside commits that is SQLite's own
 * checkpoint after every 1,000 pages of the log, which syncs the database on the event loop.
 */
export async function storeFigures(): Promise<Figure[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'bobbin-bench-'));
  const store = sqliteStore(openDatabase(dataDir));
  const entries = store.keyv<string>('bench');
  for (let entry = 0; entry < OLD_ENTRIES; entry += AT_ONCE)
    await Promise.all(Array.from({ length: AT_ONCE }, () => entries.set(crypto.randomUUID(), VALUE)));
  const holds = await holdsDuring(async () => {
    const replies: Promise<void>[] = [];
    for (let reply = 0; reply < SECONDS * REPLIES_PER_SECOND; reply++) {
      replies.push(keepReply((key) => entries.set(key, VALUE)));
      await sleep(1_000 / REPLIES_PER_SECOND);
    }
    await Promise.all(replies);
  });
  await store.close();
  rmSync(dataDir, { recursive: true });
  const idle = await holdsDuring(() => sleep(IDLE_MS));
  const name = 'SQLite, timers late while';
  return [
    { name: `${name} ${REPLIES_PER_SECOND} replies a second are kept`, value: lateness(holds), aim: '10 ms' },
    { name: `${name} nothing is kept`, value: lateness(idle) },
  ];
}

function lateness(holds: number[]): string {
  return `p99 ${percentile(holds, 0.99).toFixed(1)} ms, at most ${Math.max(...holds).toFixed(1)} ms`;
}

async function keepReply(set: (key: string) => Promise<unknown>): Promise<void> {
  const id = crypto.randomUUID();
  for (let write = 0; write < WRITES; write++) await set(`${id} ${write % 8}`);
}

/** By how many milliseconds the shortest timers came late while something was done. */
async function holdsDuring(work: () => Promise<void>): Promise<number[]> {
  const holds: number[] = [];
  let isOver = false;
  const watched = (async () => {
    while (!isOver) {
      const before = performance.now();
      await sleep(1);
      holds.push(Math.max(0, performance.now() - before - 1));
    }
  })();
  await work();
  isOver = true;
  await watched;
  return holds;
}

if (import.meta.main) print(await storeFigures());

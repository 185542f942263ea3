import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../../src/store/open-store.ts';
import { DEDUPE_MS } from '../../../src/store/queue.ts';
import { openDatabase } from '../../../src/store/sqlite/database.ts';
import { memoryStore, sqliteStore } from '../../../src/store/sqlite/store.ts';
import type { Store } from '../../../src/store/store.ts';
import { putAndHold } from '../held.ts';
import { type QueueScene, queueContract, survivalContract } from '../queue-contract.ts';
import { tempFolder } from '../temp-folder.ts';

function closing(store: Store): Store {
  onTestFinished(() => store.close());
  return store;
}

/** A folder; whoever crashes leaves it as it was, while the old process goes on in another one. */
function folderScene(): QueueScene {
  let dataDir: string | undefined;
  return {
    async open() {
      dataDir ??= await tempFolder();
      return closing(await openStore({ dataDir }));
    },
    async crash(store) {
      const left = await tempFolder();
      // In a process of its own: to close the files here would end SQLite's locks.
      execFileSync('cp', ['-r', `${dataDir}/.`, left]);
      dataDir = left;
      await store.close();
    },
  };
}

describe('the queue in memory', () => {
  queueContract(() => ({ open: async () => closing(memoryStore()), crash: (store) => store.close() }));
});

describe('the queue in a SQLite file', () => {
  let scene: QueueScene;
  beforeEach(() => {
    scene = folderScene();
  });
  queueContract(() => scene);
  survivalContract(() => scene);
});

test('an entry is worked on while the disk still syncs it, and called kept when it has', async () => {
  const syncs: (() => void)[] = [];
  const store = sqliteStore(
    openDatabase(await tempFolder()),
    () => new Promise((resolve) => void syncs.push(resolve)),
  );
  const queue = store.queue<string>('test');
  const events: string[] = [];
  await queue.start(async (claim) => {
    const [entry] = await claim.entries();
    events.push(`worked on ${entry?.id}`);
    await new Promise(() => {});
  });
  void queue.put({ id: '1', key: 'a', data: '' }).then((isNew) => events.push(`kept ${isNew}`));
  await expect.poll(() => syncs.length).toBe(1);
  expect(events).toEqual(['worked on 1']);
  // The same again is no safer than the first.
  void queue.put({ id: '1', key: 'a', data: '' }).then((isNew) => events.push(`kept ${isNew}`));
  await new Promise(setImmediate);
  expect(events).toHaveLength(1);
  syncs[0]?.();
  await expect.poll(() => syncs.length).toBe(2);
  syncs[1]?.();
  await expect.poll(() => events).toEqual(['worked on 1', 'kept true', 'kept false']);
  const closed = store.close();
  await expect.poll(() => syncs.length).toBe(3);
  syncs[2]?.();
  await closed;
});

test('what a killed process worked on is taken over', async () => {
  const dataDir = await tempFolder();
  const { given, kill } = await putAndHold({ dataDir }, 'test', ['1', '2']);
  expect(given).toBe('1 2');
  await kill();
  const taken: unknown[] = [];
  await closing(await openStore({ dataDir }))
    .queue('test')
    .start(async (claim) => {
      taken.push(claim.isTakenOver, ...(await claim.entries()).map(({ id }) => id));
      await claim.done(['1', '2']);
    });
  await expect.poll(() => taken).toEqual([true, '1', '2']);
});

test('an entry that the disk has no room for is refused, and its key is not worked on', async () => {
  const database = openDatabase(await tempFolder());
  database.exec('PRAGMA max_page_count = 30');
  const queue = closing(sqliteStore(database)).queue<string>('test');
  const given: string[] = [];
  await queue.start(async (claim) => void given.push(claim.key));
  const large = { id: 'large', key: 'large', data: 'x'.repeat(1_000_000) };
  await expect(queue.put(large)).rejects.toThrow(/^The disk is full and .* free some space/);
  expect([await queue.depth(), given]).toEqual([0, []]);
});

/** The file of a store that is closed. */
function edit(dataDir: string, sql: string): void {
  const database = new DatabaseSync(join(dataDir, 'bobbin.sqlite'));
  database.exec(sql);
  database.close();
}

test('what was done is forgotten after 26 hours, and what was not never', async () => {
  const dataDir = await tempFolder();
  const first = await openStore({ dataDir });
  const queue = first.queue<string>('test');
  for (const id of ['done long ago', 'done', 'waiting']) await queue.put({ id, key: id, data: id });
  const done: string[] = [];
  await queue.start(async (claim) => {
    if (claim.key === 'waiting') await new Promise(() => {});
    await claim.done([claim.key]);
    done.push(claim.key);
  });
  await expect.poll(() => done).toHaveLength(2);
  await first.close();
  edit(
    dataDir,
    `UPDATE queue SET done = done - ${DEDUPE_MS} WHERE id = 'done long ago';
    UPDATE queue SET put = put - ${DEDUPE_MS * 100}`,
  );
  await (await openStore({ dataDir })).close();
  const again = closing(await openStore({ dataDir })).queue<string>('test');
  const put = (id: string) => again.put({ id, key: id, data: id });
  expect(await Promise.all(['done long ago', 'done', 'waiting'].map(put))).toEqual([true, false, false]);
});

test('a store of the release before, which had no queue, is brought up to date with all that it holds', async () => {
  const dataDir = await tempFolder();
  const before = await openStore({ dataDir });
  await before.keyv<string>('test').set('key', 'kept');
  await before.close();
  edit(dataDir, 'DROP TABLE queue; PRAGMA user_version = 1');
  const store = closing(await openStore({ dataDir }));
  expect(await store.keyv<string>('test').get('key')).toBe('kept');
  expect(await store.queue<string>('test').put({ id: '1', key: 'a', data: '' })).toBe(true);
  await store.close();
  expect(closing(await openStore({ dataDir })).shared).toBe(false);
});

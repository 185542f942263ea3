import { copyFile, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { Problem } from '../../../src/problem.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { memoryStore } from '../../../src/store/sqlite/store.ts';
import { tempFolder } from '../temp-folder.ts';

async function open(dataDir: string) {
  const store = await openStore({ dataDir });
  onTestFinished(() => store.close());
  return store;
}

/** A store in a new folder that begins from a backup. */
async function from(file: string) {
  const dataDir = await tempFolder();
  await copyFile(file, join(dataDir, 'bobbin.sqlite'));
  return open(dataDir);
}

test('a backup under load is whole, of one moment, and one file for its owner alone', async () => {
  const store = await open(await tempFolder());
  const folder = await tempFolder();
  const keyv = store.keyv<number>('test');
  const large = store.keyv<string>('large');
  for (let key = 0; key < 40; key++) await large.set(`${key}`, `${key}`.repeat(100_000));
  let count = 0;
  let going = true;
  // What is written together is there together, and in the order in which it was written.
  const writes = (async () => {
    while (going) {
      const value = ++count;
      await keyv.setMany([
        { key: 'a', value },
        { key: 'b', value },
      ]);
      await keyv.set('c', value);
      await large.set(`${value % 40}`, `${value}`.repeat(20_000));
    }
  })();
  const seen: number[] = [];
  for (let copy = 0; copy < 4; copy++) {
    const kept = count;
    await store.backup(join(folder, `${copy}.sqlite`));
    const [a = 0, b = 0, c = 0] = await (await from(join(folder, `${copy}.sqlite`)))
      .keyv<number>('test')
      .getMany<number>(['a', 'b', 'c']);
    expect(a).toBe(b);
    expect([0, 1]).toContain(a - c);
    expect(a).toBeGreaterThanOrEqual(kept - 1);
    seen.push(a);
  }
  going = false;
  await writes;
  expect(seen).toEqual(seen.toSorted((x, y) => x - y));
  expect(await readdir(folder)).toEqual(['0.sqlite', '1.sqlite', '2.sqlite', '3.sqlite']);
  expect((await stat(join(folder, '0.sqlite'))).mode & 0o077).toBe(0);
  const database = new DatabaseSync(join(folder, '0.sqlite'));
  onTestFinished(() => database.close());
  expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
  // What was backed up goes on.
  await store.check();
});

test.each<[string, (folder: string) => Promise<string>, RegExp]>([
  [
    'a file that is there already',
    async (folder) => {
      const file = join(folder, 'mine');
      await writeFile(file, 'mine');
      return file;
    },
    /exists already, and a backup overwrites nothing: name another file/,
  ],
  ['a folder', async (folder) => folder, /exists already/],
  ['a folder that is not there', async (folder) => join(folder, 'no', 'file'), /its folder does not exist/],
  [
    'a file in the place of the folder',
    async (folder) => {
      await writeFile(join(folder, 'mine'), 'mine');
      return join(folder, 'mine', 'file');
    },
    /its folder does not exist/,
  ],
])('%s is refused and left as it is', async (_, target, sentence) => {
  const store = await open(await tempFolder());
  const folder = await tempFolder();
  await mkdir(join(folder, 'x'));
  const file = await target(join(folder, 'x'));
  const before = await readdir(folder, { recursive: true });
  const error = await store.backup(file).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Problem);
  expect((error as Problem).message).toMatch(sentence);
  expect(await readdir(folder, { recursive: true })).toEqual(before);
});

test('a store in memory says that it has none', async () => {
  const store = memoryStore();
  onTestFinished(() => store.close());
  await expect(store.backup('/nowhere')).rejects.toBeInstanceOf(Problem);
});

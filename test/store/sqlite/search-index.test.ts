import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../../src/store/open-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { tempFolder } from '../temp-folder.ts';

const SIDE = 'bobbin-search.sqlite';

async function open(dataDir: string): Promise<Store> {
  const store = await openStore({ dataDir });
  onTestFinished(() => store.close());
  return store;
}

function put(store: Store, file: string, ...texts: string[]): Promise<void> {
  const chunks = texts.map((text) => ({
    text,
    headings: [`heading${text}`],
    place: {},
    parts: `part${text}`,
  }));
  return store.searchIndex.put({ store: 'vs', file, title: `title${file}`, attributes: {}, chunks });
}

/** The texts that have a word; asked until there are so many, since a side file may be made anew. */
async function found(store: Store, word: string, many: number): Promise<string[]> {
  for (;;) {
    const query = { stores: ['vs'], terms: [[word]], phrases: [], limit: 50 };
    const candidates = await store.searchIndex.candidates(query);
    const read = await store.searchIndex.read(candidates.map(({ id }) => id));
    if (read.length >= many) return read.map(({ text }) => text).sort();
  }
}

/** Everything that stands in the folder's files, as text. */
async function bytesIn(dataDir: string): Promise<string> {
  const names = await readdir(dataDir);
  return (await Promise.all(names.map((name) => readFile(join(dataDir, name), 'latin1')))).join('\n');
}

test('a store that nobody searches has one file and no thread', async () => {
  const dataDir = await tempFolder();
  const store = await open(dataDir);
  await store.scrub();
  await store.close();
  expect(await readdir(dataDir)).toEqual(['bobbin.sqlite']);
});

test('what was put is there after a restart, and vectors with it', async () => {
  const dataDir = await tempFolder();
  const first = await open(dataDir);
  await put(first, 'a', 'apple');
  await put(first, 'b', ...Array.from({ length: 1_000 }, (_, at) => `pear${at}`));
  const [chunk] = await first.searchIndex.walk(0, 1);
  await first.searchIndex.addVectors('g', [[chunk?.id ?? 0, Float32Array.of(0.6, 0.8)]]);
  await first.close();
  expect((await readdir(dataDir)).sort()).toEqual([SIDE, 'bobbin.sqlite']);
  const vector = { generation: 'g', values: Float32Array.of(0.6, 0.8) };
  const asked = { stores: ['vs'], terms: [], phrases: [], vector, limit: 1 };
  const second = await open(dataDir);
  expect((await second.searchIndex.candidates(asked))[0]?.semantic).toBeCloseTo(1, 2);
  await second.close();
  for (const end of ['', '-wal', '-shm']) await rm(join(dataDir, SIDE + end), { force: true });
  const third = await open(dataDir);
  // Who asks first does not find nothing.
  const words = { stores: ['vs'], terms: [['pear999']], phrases: [], limit: 1 };
  expect(await third.searchIndex.candidates(words)).toHaveLength(1);
  expect(await found(third, 'apple', 1)).toEqual(['apple']);
  expect((await third.searchIndex.candidates(asked))[0]?.semantic).toBeCloseTo(1, 2);
});

test.each([
  ['damaged', (file: string) => writeFile(file, 'not a database, but my diary. '.repeat(500))],
  [
    'of an earlier Bobbin',
    async (file: string) => {
      const side = new DatabaseSync(file);
      side.exec('DROP TABLE words; CREATE TABLE words (other); PRAGMA user_version = 0');
      side.close();
    },
  ],
])('a side file that is %s is made anew', async (_, change) => {
  const dataDir = await tempFolder();
  const first = await open(dataDir);
  await put(first, 'a', 'apple', 'pear');
  await first.close();
  await change(join(dataDir, SIDE));
  const second = await open(dataDir);
  await put(second, 'b', 'apple juice');
  expect(await found(second, 'apple', 2)).toEqual(['apple', 'apple juice']);
});

test('the side file of another time of the database gives nothing that is not in this one', async () => {
  const dataDir = await tempFolder();
  const first = await open(dataDir);
  await put(first, 'a', 'apple');
  await first.backup(join(dataDir, 'backup'));
  await put(first, 'b', 'secret apple', 'second apple');
  await first.close();
  await writeFile(join(dataDir, 'bobbin.sqlite'), await readFile(join(dataDir, 'backup')));
  const second = await open(dataDir);
  expect(await found(second, 'apple', 1)).toEqual(['apple']);
  // It has the id that the other file had.
  await put(second, 'c', 'third pear', 'fourth apple');
  expect(await found(second, 'apple', 2)).toEqual(['apple', 'fourth apple']);
  expect(await found(second, 'secret', 0)).toEqual([]);
});

test('a database of the release before is brought up to date', async () => {
  const dataDir = await tempFolder();
  await (await open(dataDir)).close();
  const earlier = new DatabaseSync(join(dataDir, 'bobbin.sqlite'));
  earlier.exec(
    'DROP TABLE search_files; DROP TABLE search_chunks; DROP TABLE search_vectors; PRAGMA user_version = 2',
  );
  earlier.close();
  const store = await open(dataDir);
  await put(store, 'a', 'apple');
  expect(await found(store, 'apple', 1)).toEqual(['apple']);
});

test('after a scrub no word of what was removed or replaced is left in any file', async () => {
  const dataDir = await tempFolder();
  const store = await open(dataDir);
  const many = Array.from({ length: 300 }, (_, at) => `zebra${at} ${'filler '.repeat(at % 40)}`);
  await put(store, 'kept', 'kiwi');
  await put(store, 'gonefile', ...many);
  await put(store, 'replaced', ...many.slice(0, 10));
  const chunks = await store.searchIndex.walk(0, 1_000);
  await store.searchIndex.addVectors(
    'g',
    chunks.map(({ id }) => [id, Float32Array.of(1, 0)]),
  );
  expect(await bytesIn(dataDir)).toMatch(/zebra/);
  await put(store, 'replaced', 'melon');
  await store.searchIndex.remove('vs', 'gonefile');
  await store.scrub();
  const bytes = await bytesIn(dataDir);
  expect([/zebra/.test(bytes), /gonefil/.test(bytes), /kiwi/.test(bytes)]).toEqual([false, false, true]);
  await store.scrub('whole');
  expect(await found(store, 'melon', 1)).toEqual(['melon']);
  expect(existsSync(join(dataDir, SIDE))).toBe(true);
});

test('a search is answered while much is put', async () => {
  const store = await open(await tempFolder());
  await put(store, 'a', 'apple');
  let isOver = false;
  const words = Array.from({ length: 200 }, (_, at) => `word${at}`).join(' ');
  const large = put(store, 'b', ...Array.from({ length: 3_000 }, () => words)).then(() => {
    isOver = true;
  });
  expect(await found(store, 'apple', 1)).toEqual(['apple']);
  expect(isOver).toBe(false);
  await large;
});

test('what takes long among many passages is done little by little', async () => {
  const store = await open(await tempFolder());
  const { searchIndex } = store;
  await put(store, 'a', ...Array.from({ length: 2_500 }, (_, at) => `word${at}`));
  const given = async (generation: string, many: number) => {
    const chunks = await searchIndex.walk(0, many);
    await searchIndex.addVectors(
      generation,
      chunks.map(({ id }) => [id, Float32Array.of(1, 0)]),
    );
  };
  await given('old', 2_500);
  await given('new', 2_499);
  const turnsWhile = async (work: Promise<unknown>) => {
    let [turns, isOver] = [0, false];
    const count = () => {
      turns++;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    await work;
    isOver = true;
    return turns;
  };
  let left: string[] = [];
  const looked = searchIndex.withoutVector('new', 0, 8).then((chunks) => {
    left = chunks.map(({ text }) => text);
  });
  expect(await turnsWhile(looked)).toBeGreaterThanOrEqual(4);
  expect(left).toEqual(['word2499']);
  expect(
    await searchIndex.withoutVector('new', (await searchIndex.walk(0, 2_500)).at(-1)?.id ?? 0, 8),
  ).toEqual([]);
  expect(await turnsWhile(searchIndex.keepGenerations(['new']))).toBeGreaterThanOrEqual(4);
  expect(await searchIndex.count('old')).toEqual({ chunks: 2_500, vectors: 0 });
  expect(await searchIndex.count('new')).toEqual({ chunks: 2_500, vectors: 2_499 });
});

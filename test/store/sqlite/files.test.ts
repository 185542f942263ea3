import { execFile } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { Problem } from '../../../src/problem.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { openDatabase } from '../../../src/store/sqlite/database.ts';
import { closeWhole } from '../../../src/store/sqlite/open-mark.ts';
import type { Store } from '../../../src/store/store.ts';
import { StoreProblem } from '../../../src/store/store-problem.ts';
import { tempFolder } from '../temp-folder.ts';

async function open(dataDir: string): Promise<Store> {
  const store = await openStore({ dataDir });
  onTestFinished(() => store.close());
  return store;
}

const paths = (dataDir: string) => {
  const file = join(dataDir, 'bobbin.sqlite');
  return { file, log: `${file}-wal` };
};

/** The files as a process leaves them that is killed, with what it had kept. */
async function killed(): Promise<{ dataDir: string; file: string; log: string }> {
  const [alive, dataDir] = [await tempFolder(), await tempFolder()];
  const store = await open(alive);
  await store.keyv<string>('test').set('key', 'kept');
  for (const path of ['file', 'log'] as const) await copyFile(paths(alive)[path], paths(dataDir)[path]);
  return { dataDir, ...paths(dataDir) };
}

/** The same after a clean end. */
async function closed(): Promise<{ dataDir: string; file: string; log: string }> {
  const dataDir = await tempFolder();
  const store = await openStore({ dataDir });
  await store.keyv<string>('test').set('key', 'kept');
  await store.close();
  return { dataDir, ...paths(dataDir) };
}

const kept = async (dataDir: string) => (await open(dataDir)).keyv<string>('test').get('key');

test('what a killed process leaves is whole, and what one that ended leaves, too, in one file', async () => {
  expect(await kept((await killed()).dataDir)).toBe('kept');
  const { dataDir, file } = await closed();
  const copy = await tempFolder();
  await copyFile(file, paths(copy).file);
  expect(await kept(copy)).toBe('kept');
  expect(await kept(dataDir)).toBe('kept');
});

/** The log of a file that was closed, as it stands once the mark is in it with which it is opened again, and no more. */
async function markOf({ file, log }: { file: string; log: string }): Promise<Buffer> {
  const folder = await tempFolder();
  const copy = paths(folder);
  await copyFile(file, copy.file);
  const database = new DatabaseSync(copy.file);
  database.exec(
    'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA application_id = 0x426f624f',
  );
  const mark = await readFile(copy.log);
  database.close();
  await writeFile(log, mark);
  return mark;
}

test.each([32, 33, 100, 4_151, Number.POSITIVE_INFINITY])(
  'who was killed while it opened a closed file, and left %d bytes of a log, goes on with it',
  async (bytes) => {
    const files = await closed();
    const mark = await markOf(files);
    expect(mark.length).toBe(32 + 24 + 4_096);
    await truncate(files.log, Math.min(bytes, mark.length));
    expect(await kept(files.dataDir)).toBe('kept');
  },
);

test('who was killed while it closed a file, between writing all into it and taking its log away, has lost nothing', async () => {
  const { dataDir, file, log } = await closed();
  const database = openDatabase(dataDir);
  const value = JSON.stringify({ value: 'later'.repeat(5_000) });
  database.prepare('INSERT INTO entries (key, value) VALUES (?, ?)').run('test:later', value);
  const before = await readFile(log);
  closeWhole(
    Object.assign(Object.create(database), {
      exec: (sql: string) => database.exec(sql),
      close() {
        copyFileSync(log, `${file}-left`);
        database.close();
      },
    }),
  );
  await rename(`${file}-left`, log);
  expect(before.length).toBeGreaterThan(20_000);
  expect(await (await open(dataDir)).keyv<string>('test').get('later')).toBe('later'.repeat(5_000));
});

test.each<[string, typeof killed, (files: { file: string; log: string }) => Promise<unknown>, RegExp]>([
  [
    'a log that is lost',
    killed,
    ({ log }) => rm(log),
    /-wal is missing, and the newest messages may be with it: put it back/,
  ],
  [
    'a log that is cut off',
    killed,
    ({ log }) => truncate(log, 20),
    /-wal is cut off, and the newest messages may be with it/,
  ],
  [
    'a file that is lost, beside its log',
    killed,
    ({ file }) => rm(file),
    /is missing, and .*-wal, which belongs to it, is there/,
  ],
  [
    'a file that is empty',
    closed,
    ({ file }) => truncate(file),
    /is empty: put a backup in its place, or delete it to begin anew/,
  ],
  [
    'a backup beside the log of a later file',
    closed,
    async ({ log }) => copyFile((await killed()).log, log),
    /-wal does not belong to .*: put the right file in its place, or move .*-wal away/,
  ],
  [
    'the mark of another file',
    closed,
    async ({ log }) => {
      const other = await closed();
      const store = await open(other.dataDir);
      await store.keyv('test').set('another', 'much'.repeat(10_000));
      await store.close();
      await markOf({ file: other.file, log });
    },
    /-wal does not belong to /,
  ],
  [
    'a database of another program',
    closed,
    async ({ file }) => {
      await rm(file);
      const other = new DatabaseSync(file);
      other.exec('CREATE TABLE recipes (name TEXT); PRAGMA user_version = 1');
      other.close();
    },
    /is a database of another program: move it away/,
  ],
])('%s is told at the start, and nothing is changed', async (_, made, harm, sentence) => {
  const files = await made();
  await harm(files);
  for (let start = 0; start < 2; start++) {
    const error = await open(files.dataDir).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Problem);
    expect((error as Problem).message).toMatch(sentence);
  }
});

test('what is left of a file without its log can be gone on with, when somebody says so', async () => {
  const { dataDir, log } = await killed();
  await writeFile(log, '');
  const store = await open(dataDir);
  await store.keyv<string>('test').set('key', 'new');
  await store.close();
  expect(await kept(dataDir)).toBe('new');
});

test.each<[string, (files: { file: string; log: string }) => Promise<unknown>, RegExp]>([
  ['is deleted', ({ file }) => rm(file), /was deleted or moved while Bobbin uses it/],
  ['is moved', ({ file }) => rename(file, `${file}.old`), /was deleted or moved while Bobbin uses it/],
  ['is emptied', ({ file }) => truncate(file), /was replaced or changed by another program/],
  [
    'is replaced by another one',
    async ({ file }) => {
      await copyFile((await closed()).file, `${file}.new`);
      await rename(`${file}.new`, file);
    },
    /was replaced or changed by another program/,
  ],
  [
    'is overwritten with another one',
    async ({ file }) => copyFile((await closed()).file, file),
    /was replaced or changed by another program/,
  ],
])('a file that %s while it is used takes no more, and says so', async (_, harm, sentence) => {
  const dataDir = join(await tempFolder(), 'data');
  await mkdir(dataDir);
  const store = await open(dataDir);
  const keyv = store.keyv<string>('test');
  await keyv.set('key', 'before');
  await store.check();
  await harm(paths(dataDir));
  const attempts = [
    () => store.check(),
    () => keyv.set('key', 'after'),
    () => keyv.setMany([{ key: 'key', value: 'after' }]),
    () => keyv.delete('key'),
    () => keyv.clear(),
    () => store.check(),
  ];
  for (const attempt of attempts) {
    const error = await attempt().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StoreProblem);
    expect((error as StoreProblem).message).toMatch(sentence);
  }
});

test('a log that is deleted while it is used is said, made anew from what the process has, and loses nothing', async () => {
  const dataDir = await tempFolder();
  const { log } = paths(dataDir);
  const store = await open(dataDir);
  const keyv = store.keyv<string>('test');
  await keyv.set('before', 'kept');
  await rm(log);
  await expect(keyv.set('during', 'x')).rejects.toThrow(/-wal was deleted or replaced while Bobbin uses it/);
  await store.check();
  await keyv.set('after', 'kept');
  const copy = await tempFolder();
  await copyFile(paths(dataDir).file, paths(copy).file);
  await copyFile(log, paths(copy).log);
  expect(await (await open(copy)).keyv<string>('test').getMany(['before', 'during', 'after'])).toEqual([
    'kept',
    undefined,
    'kept',
  ]);
});

test('many writes, which move the log into the file, are no change by another program', async () => {
  const store = await open(await tempFolder());
  const keyv = store.keyv<string>('test');
  for (let write = 0; write < 100; write++) await keyv.set(`key${write}`, 'x'.repeat(100_000));
  await keyv.clear();
  await keyv.set('key', 'y');
  await store.check();
});

test('looking after the files leaves them locked for others', async () => {
  const dataDir = await tempFolder();
  const store = await open(dataDir);
  for (let write = 0; write < 50; write++) await store.keyv<string>('test').set('key', 'x'.repeat(100_000));
  await store.check();
  const script = join(import.meta.dirname, 'open-and-hold.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script, dataDir]);
  expect(stdout).toMatch(/^Problem: Another Bobbin is using/);
});

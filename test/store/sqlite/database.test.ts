import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, open as openFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { Problem } from '../../../src/problem.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { openDatabase } from '../../../src/store/sqlite/database.ts';
import { sqliteStore } from '../../../src/store/sqlite/store.ts';
import type { Store } from '../../../src/store/store.ts';
import { tempFolder } from '../temp-folder.ts';

/** At so many places of its work a process is killed. */
const KILLS = 8;

/** A user without any right to what root made. */
const NOBODY = '65534';

async function open(dataDir: string): Promise<Store> {
  const store = await openStore({ dataDir });
  onTestFinished(() => store.close());
  return store;
}

/** Starts `open-and-hold.ts` and gives its first line. */
async function openElsewhere(dataDir: string, user?: string): Promise<[string, ChildProcess]> {
  const script = join(import.meta.dirname, 'open-and-hold.ts');
  const child = spawn(process.execPath, [script, dataDir, ...(user ? [user] : [])], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = await once(child.stdout, 'data');
  return [String(line).trim(), child];
}

test('the folder is created with its parents, for its owner alone', async () => {
  const dataDir = join(await tempFolder(), 'a', 'b');
  const store = await open(dataDir);
  await store.keyv<string>('test').set('key', 'value');
  expect(await readdir(dataDir)).toContain('bobbin.sqlite');
  expect((await stat(dataDir)).mode & 0o077).toBe(0);
});

test('what was set is there after a restart', async () => {
  const dataDir = await tempFolder();
  const first = await open(dataDir);
  await first.keyv<string>('test').set('key', 'value');
  await first.close();
  expect(await (await open(dataDir)).keyv<string>('test').get('key')).toBe('value');
});

test('closing twice is harmless', async () => {
  const store = await open(await tempFolder());
  await store.close();
  await store.close();
});

test('nothing is called kept before the log was synced after it, and what waits shares a sync', async () => {
  const database = openDatabase(await tempFolder());
  const syncs: (() => void)[] = [];
  const dataSync = () => new Promise<void>((resolve) => void syncs.push(resolve));
  const store = sqliteStore(database, dataSync);
  const keyv = store.keyv<number>('test');
  const kept: number[] = [];
  const set = (value: number) => void keyv.set(`key ${value}`, value).then(() => kept.push(value));
  set(0);
  await expect.poll(() => syncs.length).toBe(1);
  for (const value of [1, 2, 3]) set(value);
  await expect.poll(() => keyv.get('key 3')).toBe(3);
  expect([kept, syncs.length]).toEqual([[], 1]);
  syncs[0]?.();
  await expect.poll(() => syncs.length).toBe(2);
  expect(kept).toEqual([0]);
  syncs[1]?.();
  await expect.poll(() => kept).toEqual([0, 1, 2, 3]);
  const closing = store.close();
  await expect.poll(() => syncs.length).toBe(3);
  syncs[2]?.();
  await closing;
});

test('a disk that fails to sync is told of, and nothing is called kept any more', async () => {
  const dataDir = await tempFolder();
  const store = sqliteStore(openDatabase(dataDir), async () => {
    throw Object.assign(new Error('i/o error, fdatasync'), { code: 'EIO' });
  });
  onTestFinished(() => store.close());
  const sentence = `The disk failed while writing ${dataDir}/bobbin.sqlite: check the disk, then start Bobbin again.`;
  for (let write = 0; write < 2; write++)
    await expect(store.keyv<string>('test').set('key', 'value')).rejects.toThrow(new Problem(sentence));
  await expect(store.check()).rejects.toThrow(new Problem(sentence));
});

test('whenever a process is killed, what it called kept is there', async () => {
  const dataDir = await tempFolder();
  for (let kill = 0; kill < KILLS; kill++) {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'write-on-and-on.ts'), dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let told = '';
    for await (const piece of child.stdout) {
      told += piece;
      if (told.split('\n').length > kill * 3 + 1) child.kill('SIGKILL');
    }
    const kept = told.split('\n').slice(0, -1);
    expect(kept.length).toBeGreaterThan(kill * 3);
    const store = await openStore({ dataDir });
    const there = await store.keyv<string>('test').getMany<string>(kept);
    expect(there).toEqual(kept);
    await store.keyv('test').clear();
    await store.close();
  }
});

test('expired entries are deleted when the store opens', async () => {
  const dataDir = await tempFolder();
  const first = await open(dataDir);
  await first.keyv<string>('test').set('gone', 'x', -1);
  await first.keyv<string>('test').set('here', 'y', 60_000);
  await first.close();
  await (await open(dataDir)).close();
  const database = new DatabaseSync(join(dataDir, 'bobbin.sqlite'));
  onTestFinished(() => database.close());
  expect(database.prepare('SELECT key FROM entries').all()).toEqual([{ key: 'test:here' }]);
});

test('a second Bobbin on the same folder is told so, in the same process and in another', async () => {
  const dataDir = await tempFolder();
  await open(dataDir);
  const sentence = `Another Bobbin is using ${dataDir}/bobbin.sqlite: stop it, or set DATA_DIR to another folder.`;
  await expect(open(dataDir)).rejects.toThrow(new Problem(sentence));
  const [line] = await openElsewhere(dataDir);
  expect(line).toBe(`Problem: ${sentence}`);
});

test('a Bobbin that was killed leaves the folder free, and everything that it kept', async () => {
  const dataDir = await tempFolder();
  const [line, child] = await openElsewhere(dataDir);
  expect(line).toBe('open');
  await expect(open(dataDir)).rejects.toThrow('Another Bobbin is using');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await (await open(dataDir)).keyv<string>('test').get('key')).toBe('kept');
});

test('a write that the disk has no room for rejects, says so, and spoils nothing', async () => {
  const database = openDatabase(await tempFolder());
  database.exec('PRAGMA max_page_count = 30');
  const store = sqliteStore(database);
  onTestFinished(() => store.close());
  const keyv = store.keyv<string>('test');
  await keyv.set('before', 'small');
  const large = 'x'.repeat(1_000_000);
  await expect(keyv.set('large', large)).rejects.toThrow(/^The disk is full and .* free some space/);
  const many = [
    { key: 'small', value: 'y' },
    { key: 'large', value: large },
  ];
  await expect(keyv.setMany(many)).rejects.toBeInstanceOf(Problem);
  expect(await keyv.getMany(['before', 'small', 'large'])).toEqual(['small', undefined, undefined]);
  await keyv.set('after', 'small');
  expect(await keyv.get('after')).toBe('small');
});

test('a write to a store that is closed rejects', async () => {
  const store = await open(await tempFolder());
  const keyv = store.keyv<string>('test');
  await store.close();
  await expect(keyv.set('key', 'value')).rejects.toThrow();
  await expect(keyv.get('key')).rejects.toThrow();
});

test('a file in the place of the folder is named', async () => {
  const file = join(await tempFolder(), 'file');
  await writeFile(file, '');
  for (const dataDir of [file, join(file, 'data')]) {
    await expect(open(dataDir)).rejects.toThrow(
      new Problem(
        `The folder ${dataDir} cannot be created: there is a file in its place. Move the file away, or set DATA_DIR to another folder.`,
      ),
    );
  }
});

test('a folder that may not be written to is named, with and without a database in it', async () => {
  const parent = await tempFolder();
  const [empty, used] = [join(parent, 'empty'), join(parent, 'used')];
  await mkdir(empty);
  await (await open(used)).close();
  await chmod(join(used, 'bobbin.sqlite'), 0o444);
  for (const folder of [empty, used, parent]) await chmod(folder, 0o555);
  onTestFinished(async () => {
    for (const folder of [empty, used, parent]) await chmod(folder, 0o755);
  });
  const lines = await Promise.all(
    [empty, used, join(parent, 'new')].map(async (folder) => (await openElsewhere(folder, NOBODY))[0]),
  );
  expect(lines).toEqual([
    `Problem: ${empty}/bobbin.sqlite cannot be opened: set DATA_DIR to a folder in which Bobbin may create files.`,
    `Problem: ${used}/bobbin.sqlite is read-only: let Bobbin write to it, or set DATA_DIR to a folder in which it may.`,
    expect.stringMatching(
      /^Problem: The folder .*new cannot be created: EACCES.*Set DATA_DIR to a folder in which/,
    ),
  ]);
});

test('a file that is not a database is named and left as it is', async () => {
  const dataDir = await tempFolder();
  await writeFile(join(dataDir, 'bobbin.sqlite'), 'not a database, but my diary. '.repeat(100));
  await expect(open(dataDir)).rejects.toThrow(
    new Problem(
      `${dataDir}/bobbin.sqlite is not a database: move it away, or set DATA_DIR to another folder.`,
    ),
  );
  expect(await readdir(dataDir)).toEqual(['bobbin.sqlite']);
});

test('a folder in the place of the file is named', async () => {
  const dataDir = await tempFolder();
  await mkdir(join(dataDir, 'bobbin.sqlite'));
  await expect(open(dataDir)).rejects.toThrow(/^.*bobbin\.sqlite cannot be opened: set DATA_DIR to/);
});

test('a damaged database is named', async () => {
  const dataDir = await tempFolder();
  const store = await open(dataDir);
  await store.keyv<string>('test').set('key', 'x'.repeat(100_000));
  await store.close();
  const handle = await openFile(join(dataDir, 'bobbin.sqlite'), 'r+');
  await handle.write(Buffer.alloc(8_192, 0xff), 0, 8_192, 4_096);
  await handle.close();
  const reopened = openStore({ dataDir }).then(async (again) => {
    onTestFinished(() => again.close());
    return again.keyv<string>('test').get('key');
  });
  await expect(reopened).rejects.toThrow(/is damaged: put a backup in its place, or move it away/);
});

test('a database of a newer Bobbin is left alone', async () => {
  const dataDir = await tempFolder();
  await (await open(dataDir)).close();
  const newer = new DatabaseSync(join(dataDir, 'bobbin.sqlite'));
  newer.exec('PRAGMA user_version = 4');
  newer.close();
  await expect(open(dataDir)).rejects.toThrow(
    new Problem(
      `${dataDir}/bobbin.sqlite was written by a newer Bobbin: update this one, or set DATA_DIR to another folder.`,
    ),
  );
});

import { existsSync, readdirSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { examinePostgres } from '../../../src/operations/doctor/postgres.ts';
import { examineSqlite } from '../../../src/operations/doctor/sqlite.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { start } from '../../e2e/bobbin.ts';
import { type PostgresServer, startPostgres } from '../../sim/postgres.ts';
import { tempFolder } from '../../store/temp-folder.ts';
import { told } from './told.ts';

const sqlite = async (dataDir: string) => (await told(() => examineSqlite(dataDir))).at(-1);

async function closedStore(): Promise<{ dataDir: string; file: string }> {
  const dataDir = await tempFolder();
  await (await openStore({ dataDir })).close();
  return { dataDir, file: join(dataDir, 'bobbin.sqlite') };
}

test('before the first start there is nothing, and nothing is made', async () => {
  const dataDir = join(await tempFolder(), 'not/yet');
  expect(await told(() => examineSqlite(dataDir))).toEqual([
    `✓ The folder ${dataDir} does not exist yet: the first start makes it.`,
    expect.stringMatching(/^[✓!✗] Its disk has [\d,]+ MB free/),
    expect.stringMatching(/^✓ There is no .* yet: the first start makes it\.$/),
  ]);
  expect(existsSync(dataDir)).toBe(false);
});

test('a store that nobody uses is read, and left as it is', async () => {
  const { dataDir } = await closedStore();
  const before = readdirSync(dataDir);
  expect(await sqlite(dataDir)).toMatch(/^✓ .*bobbin\.sqlite is whole \(schema \d+\), and nobody uses it\.$/);
  expect(readdirSync(dataDir)).toEqual(before);
  await (await openStore({ dataDir })).close();
});

test('a store in use is fine, and so is what a killed Bobbin has left, which the next one can open', async () => {
  const dataDir = await tempFolder();
  const bobbin = start(['serve'], { DATA_DIR: dataDir, PORT: '0' });
  await bobbin.prints('stderr', /"port":\d+/);
  expect(await sqlite(dataDir)).toMatch(/^✓ .* is in use by a running Bobbin \(schema \d+\)\.$/);
  bobbin.child.kill('SIGKILL');
  await bobbin.end;
  expect(await sqlite(dataDir)).toMatch(/^✓ .* is whole \(schema \d+\), and nobody uses it\.$/);
  await (await openStore({ dataDir })).close();
});

test.each<[string, (store: { dataDir: string; file: string }) => unknown, RegExp]>([
  [
    'of a later Bobbin',
    ({ file }) => {
      const database = new DatabaseSync(file);
      database.exec('PRAGMA user_version = 999');
      database.close();
    },
    /^✗ .* was written by a newer Bobbin: update this one/,
  ],
  [
    'of another program',
    ({ file }) => {
      const database = new DatabaseSync(file);
      database.exec('DROP TABLE entries; CREATE TABLE songs (name)');
      database.close();
    },
    /^✗ .* is a database of another program/,
  ],
  ['that is none', ({ file }) => writeFile(file, 'no database at all'.repeat(99)), /^✗ .* is not a database/],
  ['that is empty', ({ file }) => writeFile(file, ''), /^✗ .* is empty: put a backup in its place/],
  [
    'that is lost beside its log',
    async ({ file }) => {
      await writeFile(`${file}-wal`, 'x'.repeat(99));
      await rm(file);
    },
    /^✗ .* is missing, and .*-wal, which belongs to it, is there/,
  ],
])('a file %s is named, with what to do', async (_, change, sentence) => {
  const store = await closedStore();
  await change(store);
  expect(await sqlite(store.dataDir)).toMatch(sentence);
});

test('a file in the folder’s place is named', async () => {
  const file = join(await tempFolder(), 'file');
  await writeFile(file, '');
  for (const dataDir of [file, join(file, 'below')])
    expect(await told(() => examineSqlite(dataDir))).toEqual([
      `✗ There is a file in the place of the folder ${file}: move it away, or set DATA_DIR to another folder.`,
    ]);
});

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres(20);
});
afterAll(() => server?.stop());

async function postgres(database: string, poolSize?: number): Promise<string[]> {
  const lines = await told(() => examinePostgres(server.url(database), poolSize));
  for (const line of lines) expect(line).not.toContain('a password');
  return lines;
}

async function query(database: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: server.url(database) });
  await client.connect();
  await client.query(sql);
  await client.end();
}

test('a PostgreSQL before and while Bobbins use it', async () => {
  await server.createDatabase('used');
  const empty = await postgres('used');
  expect(empty).toEqual([
    expect.stringMatching(/^✓ PostgreSQL \d+\S* answers at 127\.0\.0\.1:\d+\/used\.$/),
    '✓ It can be written to.',
    '✓ The tables are not there yet: the first start creates them.',
    expect.stringMatching(/^✓ \d+ of 20 connections are in use, 0 of them by running Bobbins\.$/),
  ]);
  const store = await openStore({ dataDir: '/nowhere', databaseUrl: server.url('used') });
  onTestFinished(() => store.close());
  const used = await postgres('used', 19);
  expect(used[2]).toMatch(/^✓ The tables are there \(schema \d+\)\.$/);
  expect(used[3]).toMatch(
    /^! .*, [1-9]\d* of them by running Bobbins, and a Bobbin opens up to 19: raise max_conn/,
  );
});

test('a PostgreSQL that can not be used is named, with what to do', async () => {
  await server.createDatabase('other');
  await query(
    'other',
    'CREATE TABLE bobbin (spool int); ALTER DATABASE other SET default_transaction_read_only = on',
  );
  const other = await postgres('other');
  expect(other[1]).toMatch(/^✗ PostgreSQL at .* is read-only: point DATABASE_URL to the primary/);
  expect(other[2]).toMatch(/^✗ The database of .* has a table of another program/);
  expect(await postgres('missing')).toEqual([expect.stringMatching(/^✗ The database of .* does not exist/)]);
  const refused = await told(() => examinePostgres('postgres://me:secret@127.0.0.1:1/db'));
  expect(refused).toEqual([expect.stringMatching(/^✗ PostgreSQL at 127\.0\.0\.1:1\/db cannot be reached/)]);
});

test('a PostgreSQL of an earlier Bobbin is brought up to date later, and one of a later Bobbin is refused', async () => {
  await server.createDatabase('ages');
  await query('ages', 'CREATE TABLE bobbin (key text PRIMARY KEY, value text)');
  expect((await postgres('ages'))[2]).toMatch(/^✓ The tables are of an earlier Bobbin \(schema 1\)/);
  await query('ages', 'CREATE TABLE bobbin_schema (version int); INSERT INTO bobbin_schema VALUES (999)');
  expect((await postgres('ages'))[2]).toMatch(/^✗ The database of .* was written by a newer Bobbin/);
});

test('a user that may create nothing is told so', async () => {
  await server.createDatabase('locked');
  await query(
    'locked',
    "CREATE ROLE guest LOGIN PASSWORD 'secret'; REVOKE CREATE ON SCHEMA public FROM PUBLIC",
  );
  const lines = await told(() => examinePostgres(`postgres://guest:secret@127.0.0.1:${server.port}/locked`));
  expect(lines[2]).toMatch(/^✗ The user of DATABASE_URL may not create a table/);
  await query('locked', 'GRANT CREATE ON SCHEMA public TO guest');
  const more = await told(() => examinePostgres(`postgres://guest:secret@127.0.0.1:${server.port}/locked`));
  expect(more[2]).toMatch(/^✗ The user of DATABASE_URL may not create the schema "bobbin_queue"/);
});

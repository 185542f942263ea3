import { once } from 'node:events';
import { createServer } from 'node:net';
import type { KeyvPostgres } from '@keyv/postgres';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { Problem } from '../../../src/problem.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { Connections } from '../../../src/store/postgres/connections/connections.ts';
import type { Store } from '../../../src/store/store.ts';
import { type PostgresServer, startPostgres } from '../../sim/postgres.ts';
import { startPostgresWire } from '../../sim/postgres-wire.ts';

let server: PostgresServer;
/** Runs any SQL, on a connection of its own. */
let admin: { query(sql: string): Promise<unknown[]>; end(): Promise<void> };
beforeAll(async () => {
  server = await startPostgres();
  const client = new Client({ connectionString: server.url() });
  // The server may be stopped before the connection has ended.
  client.on('error', () => {});
  await client.connect();
  admin = { query: async (sql) => (await client.query(sql)).rows, end: () => client.end() };
});
afterAll(async () => {
  await admin?.end();
  await server?.stop();
});

async function open(databaseUrl: string): Promise<Store> {
  const store = await openStore({ dataDir: '/nowhere', databaseUrl });
  onTestFinished(() => store.close());
  return store;
}

async function rejection(databaseUrl: string): Promise<Problem> {
  const error = await open(databaseUrl).catch((reason: unknown) => reason);
  if (!(error instanceof Problem)) throw new Error('That was no Problem.', { cause: error });
  expect(JSON.stringify({ message: error.message, stack: error.stack, cause: error.cause })).not.toContain(
    'secret',
  );
  return error;
}

test('the same database can be opened by many at once, even when it is empty', async () => {
  await server.createDatabase('many');
  const stores = await Promise.all(Array.from({ length: 5 }, () => open(server.url('many'))));
  await stores[0]?.keyv<string>('test').set('key', 'value');
  for (const store of stores) {
    expect(store.shared).toBe(true);
    expect(await store.keyv<string>('test').get('key')).toBe('value');
  }
});

test('two databases in one process are kept apart, and closing one leaves the other open', async () => {
  await server.createDatabase('one');
  await server.createDatabase('two');
  const [one, two] = [await open(server.url('one')), await open(server.url('two'))];
  await one.keyv<string>('test').set('key', 'one');
  await two.keyv<string>('test').set('key', 'two');
  expect(await one.keyv<string>('test').get('key')).toBe('one');
  await one.close();
  await one.close();
  expect(await two.keyv<string>('test').get('key')).toBe('two');
});

test('expired entries are deleted when the store opens', async () => {
  const first = await open(server.url());
  await first.keyv<string>('purge').set('gone', 'x', -1);
  await first.keyv<string>('purge').set('here', 'y', 60_000);
  await first.keyv<string>('purge').set('always', '{"expires":1');
  await open(server.url());
  const kept = () => admin.query("SELECT key FROM bobbin WHERE key LIKE 'purge:%' ORDER BY key");
  await expect.poll(kept).toEqual([{ key: 'purge:always' }, { key: 'purge:here' }]);
});

test('connections that the server cuts are replaced', async () => {
  const keyv = (await open(server.url())).keyv<string>('cut');
  await keyv.set('key', 'value');
  const cut = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'bobbin'`;
  expect(await admin.query(cut)).not.toEqual([]);
  await expect.poll(() => keyv.get('key').catch(String)).toBe('value');
});

test('what is asked at the same time is one query of its kind, and each gets its own answer', async () => {
  const wire = await startPostgresWire(server.port);
  onTestFinished(() => wire.close());
  const store = await open(wire.through(server.url()));
  const [one, two] = [store.keyv<number>('batch-one'), store.keyv<number>('batch-two')];
  const numbers = Array.from({ length: 50 }, (_, number) => number);
  const taken = wire.counting('batch-');
  await Promise.all(numbers.map((number) => (number % 2 ? one : two).set(`key${number}`, number)));
  expect(taken()).toBe(1);
  const read = numbers.map((number) => (number % 2 ? one : two).get(`key${number}`));
  expect(await Promise.all([...read, one.get('key0'), one.getMany(['key1', 'none'])])).toEqual([
    ...numbers,
    undefined,
    [1, undefined],
  ]);
  expect(taken()).toBe(1);
  const removed = await Promise.all([
    one.delete('key1'),
    one.delete('key0'),
    two.deleteMany(['key0', 'none']),
  ]);
  expect(removed).toEqual([true, false, true]);
  expect(taken()).toBe(1);
});

test('writes of many at once to the same rows in any order all come about', async () => {
  const stores = await Promise.all([open(server.url()), open(server.url()), open(server.url())]);
  const keys = Array.from({ length: 40 }, (_, number) => `shared${number}`);
  const entries = (value: string) => keys.map((key) => ({ key, value }));
  for (let round = 0; round < 20; round++)
    await Promise.all(
      stores.map((store, number) => {
        const ours = entries(`${round}.${number}`);
        return store.keyv<string>('rows').setMany(number % 2 ? ours.reverse() : ours);
      }),
    );
  expect(new Set(await stores[0]?.keyv<string>('rows').getMany(keys)).size).toBe(1);
});

test('no more connections are opened than are set, and whoever comes later waits', async () => {
  await server.createDatabase('small');
  const store = await openStore({ dataDir: '/nowhere', databaseUrl: server.url('small'), poolSize: 2 });
  onTestFinished(() => store.close());
  const keyv = store.keyv<number>('test');
  const writes: Promise<unknown>[] = [store.locks?.take('one') ?? Promise.reject()];
  for (let number = 0; number < 30; number++) {
    writes.push(keyv.set(`key${number}`, number));
    await new Promise(setImmediate);
  }
  await Promise.all(writes);
  const ours = `SELECT count(*)::int FROM pg_stat_activity WHERE datname = 'small'`;
  expect(await admin.query(ours)).toEqual([{ count: 2 }]);
});

test('a database that takes everything and answers nothing is named, and works again when it does', async () => {
  const wire = await startPostgresWire(server.port);
  onTestFinished(() => wire.close());
  const connections = new Connections(wire.through(server.url()), { queryTimeoutMs: 100 });
  onTestFinished(() => connections.close());
  await connections.query('SELECT 1');
  wire.freeze();
  await expect(connections.query('SELECT 1')).rejects.toThrow(
    /^PostgreSQL at .* cannot be reached \(query read timeout\): check that it runs/,
  );
  wire.thaw();
  expect(await connections.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('a write that the database refuses rejects', async () => {
  await server.createDatabase('refusing');
  const keyv = (await open(server.url('refusing'))).keyv<string>('test');
  await keyv.set('key', 'value');
  await admin.query('ALTER DATABASE refusing SET default_transaction_read_only = on');
  await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'refusing'");
  const attempt = () => keyv.set('key', 'other').catch(String);
  await expect
    .poll(attempt)
    .toMatch(/^Problem: PostgreSQL at .* is read-only: point DATABASE_URL to the primary/);
  expect(await keyv.get('key')).toBe('value');
});

test('a failure in the midst of an iteration rejects instead of ending it', async () => {
  await server.createDatabase('iterating');
  const keyv = (await open(server.url('iterating'))).keyv<number>('test');
  await keyv.setMany(Array.from({ length: 150 }, (_, value) => ({ key: `key${value}`, value })));
  const walk = async () => {
    let seen = 0;
    for await (const _ of keyv.iterator?.(undefined) ?? []) {
      if (++seen === 1) await (keyv.store as KeyvPostgres).query('DROP TABLE bobbin');
    }
  };
  await expect(walk()).rejects.toThrow(/bobbin/);
});

test('a server that does not answer is named', async () => {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  listener.close();
  expect((await rejection(`postgres://me:secret@127.0.0.1:${port}/team`)).message).toBe(
    `PostgreSQL at 127.0.0.1:${port}/team cannot be reached (ECONNREFUSED): check that it runs, and the host and port in DATABASE_URL.`,
  );
});

test('a server that hangs up is named', async () => {
  const listener = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  onTestFinished(() => void listener.close());
  const address = listener.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  expect((await rejection(`postgres://me:secret@127.0.0.1:${port}/team`)).message).toMatch(
    /^PostgreSQL at 127\.0\.0\.1:\d+\/team cannot be reached \(.+\): check that it runs/,
  );
});

test('a wrong password is not shown', async () => {
  expect((await rejection(`postgres://postgres:secret@127.0.0.1:${server.port}/postgres`)).message).toBe(
    `PostgreSQL at 127.0.0.1:${server.port}/postgres refuses the user or the password: correct them in DATABASE_URL.`,
  );
});

test('a missing database is named', async () => {
  expect((await rejection(server.url('nothing'))).message).toBe(
    `The database of postgres://127.0.0.1:${server.port}/nothing does not exist: create it with "CREATE DATABASE", or correct its name in DATABASE_URL.`,
  );
});

test('a user who may not create tables is told so', async () => {
  await server.createDatabase('guarded');
  await admin.query(`CREATE ROLE guest LOGIN PASSWORD 'secret'`);
  expect((await rejection(`postgres://guest:secret@127.0.0.1:${server.port}/guarded`)).message).toMatch(
    /may not create or use a table in 127\.0\.0\.1:\d+\/guarded: grant it CREATE on the schema\.$/,
  );
});

test('an address that cannot be read is not shown', async () => {
  expect((await rejection('postgres://me:secret#1@host:port/x')).message).toMatch(
    /^DATABASE_URL is not an address: write postgres:/,
  );
});

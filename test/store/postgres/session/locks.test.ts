import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { Lock, Locks } from '../../../../src/store/locks.ts';
import { openStore } from '../../../../src/store/open-store.ts';
import { StoreProblem } from '../../../../src/store/store-problem.ts';
import { type PostgresServer, startPostgres } from '../../../sim/postgres.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());

interface Process extends Locks {
  close(): Promise<void>;
}

/** One process's locks. */
async function open(databaseUrl = server.url()): Promise<Process> {
  const { locks, close } = await openStore({ dataDir: '/nowhere', databaseUrl, poolSize: 2 });
  onTestFinished(close);
  if (!locks) throw new Error('There are no locks.');
  return { take: (name) => locks.take(name), close };
}

async function sql(text: string): Promise<unknown[]> {
  const admin = new Client({ connectionString: server.url() });
  admin.on('error', () => {});
  await admin.connect();
  const { rows } = await admin.query(text);
  await admin.end();
  return rows;
}

/** Those that have a lock; locks of two numbers say who is alive. */
const BACKENDS = `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1`;
const ENDED = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'bobbin session'`;

async function taken(locks: Locks, name: string): Promise<Lock> {
  const lock = await locks.take(name);
  if (!lock) throw new Error(`${name} is taken.`);
  return lock;
}

test('a lock is one process’s until it is released, and others are free meanwhile', async () => {
  const [one, two] = [await open(), await open()];
  const lock = await taken(one, 'a');
  expect(await two.take('a')).toBeUndefined();
  expect(await one.take('a')).toBeUndefined();
  await taken(two, 'b');
  await lock.release();
  await lock.release();
  await taken(two, 'a');
  expect(await one.take('a')).toBeUndefined();
});

test('of many that take it at once, one gets it', async () => {
  const all = await Promise.all(Array.from({ length: 5 }, () => open()));
  const locks = await Promise.all(all.flatMap((each) => [each.take('many'), each.take('many')]));
  expect(locks.filter(Boolean)).toHaveLength(1);
});

test('a process that ends leaves its locks to others', async () => {
  const [one, two] = [await open(), await open()];
  await taken(one, 'left');
  await one.close();
  await expect.poll(() => two.take('left')).toBeDefined();
});

test('a connection that breaks is replaced, and its locks are taken again before anybody is told', async () => {
  const [one, two] = [await open(), await open()];
  const lock = await taken(one, 'kept');
  const before = await sql(BACKENDS);
  await sql(ENDED);
  await expect.poll(() => sql(BACKENDS)).not.toEqual(before);
  await expect.poll(() => sql(BACKENDS)).toHaveLength(1);
  expect(lock.lost.aborted).toBe(false);
  expect(await two.take('kept')).toBeUndefined();
  await lock.release();
  await taken(two, 'kept');
});

/** A way to the database that can be cut; `silently`, the database does not notice. */
async function way() {
  const sockets = new Set<Socket>();
  let isOpen = true;
  const proxy = createServer((socket) => {
    socket.on('error', () => {});
    if (!isOpen) return void socket.destroy();
    const upstream = connect(server.port, '127.0.0.1').on('error', () => {});
    socket.pipe(upstream, { end: false });
    upstream.pipe(socket);
    sockets.add(socket);
    socket.on('close', () => isSilent || upstream.destroy());
  });
  let isSilent = false;
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void proxy.close());
  const { port } = proxy.address() as AddressInfo;
  return {
    url: server.url().replace(`:${server.port}/`, `:${port}/`),
    cut(silently = false) {
      isSilent = silently;
      isOpen = silently;
      for (const socket of sockets) socket.destroy();
    },
    mend() {
      isOpen = true;
    },
  };
}

test('what somebody else took while the way was cut is lost, and told to be; the rest is not', async () => {
  const [{ url, cut, mend }, two] = [await way(), await open()];
  const one = await open(url);
  const [lost, kept] = [await taken(one, 'lost'), await taken(one, 'mine')];
  expect(lost.unsure()).toBeUndefined();
  cut();
  await expect.poll(() => two.take('lost')).toBeDefined();
  await expect.poll(() => lost.unsure() !== undefined).toBe(true);
  const sure = lost.unsure();
  expect(lost.lost.aborted).toBe(false);
  mend();
  await sure;
  expect(lost.lost.aborted).toBe(true);
  expect(kept.unsure()).toBeUndefined();
  expect(kept.lost.aborted).toBe(false);
  expect(await two.take('mine')).toBeUndefined();
  await lost.release();
  expect(await one.take('lost')).toBeUndefined();
});

test('what an old connection holds still, since the database has not noticed that it is gone, is not lost', async () => {
  const [{ url, cut }, two] = [await way(), await open()];
  const one = await open(url);
  const lock = await taken(one, 'silent');
  const before = await sql(BACKENDS);
  cut(true);
  await expect.poll(() => sql(BACKENDS)).not.toEqual(before);
  await expect.poll(() => sql(BACKENDS)).toHaveLength(1);
  expect(await two.take('silent')).toBeUndefined();
  expect(await one.take('another')).toBeDefined();
  expect(lock.lost.aborted).toBe(false);
});

test.each([
  ['the database notices', false],
  ['the database does not notice', true],
])('what is released or taken anew while the way is cut is so afterwards: %s', async (_, silently) => {
  const [{ url, cut, mend }, two] = [await way(), await open()];
  const one = await open(url);
  const names = ['freed', 'anew', 'anyway'].map((name) => `${name} ${silently}`);
  const [freed, anew, anyway] = await Promise.all(names.map((name) => taken(one, name)));
  cut(silently);
  await Promise.all([freed?.release(), anew?.release()]);
  mend();
  await expect.poll(() => one.take(names[1] ?? '').catch(() => undefined)).toBeDefined();
  // It is another one by now.
  await anew?.release();
  await anyway?.unsure();
  const others = () => Promise.all(names.map(async (name) => (await two.take(name)) !== undefined));
  await expect.poll(others).toEqual([true, false, false]);
  await anyway?.release();
  await expect.poll(others).toEqual([false, false, true]);
});

test('a process that slept for so long that others may have its locks looks before it is sure', async () => {
  const [{ url, cut }, two] = [await way(), await open()];
  const one = await open(url);
  const lock = await taken(one, 'asleep');
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
  onTestFinished(() => void vi.useRealTimers());
  const sure = lock.unsure();
  expect(sure).toBeDefined();
  await sure;
  expect([lock.unsure(), lock.lost.aborted]).toEqual([undefined, false]);
  vi.setSystemTime(Date.now() + 3_600_000);
  cut();
  expect(lock.unsure()).toBeDefined();
  await expect.poll(() => two.take('asleep')).toBeDefined();
});

test('a database that is not there is a problem that a person can put right, and then it works again', async () => {
  const locks = await open();
  await server.goDown();
  await expect(locks.take('down')).rejects.toThrow(StoreProblem);
  await server.comeBack();
  // It may have been asked a moment too early.
  await expect.poll(() => locks.take('down').catch(() => undefined)).toBeDefined();
});

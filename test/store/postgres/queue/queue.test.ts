import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { Problem } from '../../../../src/problem.ts';
import { openStore } from '../../../../src/store/open-store.ts';
import type { Claim } from '../../../../src/store/queue.ts';
import type { Store } from '../../../../src/store/store.ts';
import { StoreProblem } from '../../../../src/store/store-problem.ts';
import { type PostgresServer, startPostgres } from '../../../sim/postgres.ts';
import { type PostgresWire, startPostgresWire } from '../../../sim/postgres-wire.ts';
import { putAndHold } from '../../held.ts';
import { type QueueScene, queueContract, survivalContract, worker } from '../../queue-contract.ts';

let server: PostgresServer;
/** Runs any SQL in the database `postgres`, on a connection of its own. */
let admin: Client;
beforeAll(async () => {
  server = await startPostgres(200);
  admin = await connect('postgres');
});
afterAll(async () => {
  await admin?.end();
  await server?.stop();
});

async function connect(database: string): Promise<Client> {
  const client = new Client({ connectionString: server.url(database) });
  // The server may be stopped before the connection has ended.
  client.on('error', () => {});
  await client.connect();
  return client;
}

const sql = async (text: string): Promise<unknown[]> => (await admin.query(text)).rows;

async function open(database = 'postgres', wire?: PostgresWire): Promise<Store> {
  const url = server.url(database);
  const store = await openStore({ dataDir: '/nowhere', databaseUrl: wire ? wire.through(url) : url });
  onTestFinished(() => store.close());
  return store;
}

async function openWire(): Promise<PostgresWire> {
  const wire = await startPostgresWire(server.port);
  onTestFinished(() => wire.close());
  return wire;
}

/** Cuts the connections to a database that call themselves so. */
const cut = (database: string, name: string) =>
  sql(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}' AND application_name = '${name}'`,
  );

let databases = 0;
async function freshDatabase(): Promise<string> {
  const name = `fresh${databases++}`;
  await server.createDatabase(name);
  return name;
}

describe('the queue in PostgreSQL', () => {
  const wires = new Map<Store, PostgresWire>();
  const scene: QueueScene = {
    async open() {
      const wire = await openWire();
      const store = await open('postgres', wire);
      wires.set(store, wire);
      return store;
    },
    // All its connections are closed at once, as the kernel does for a process that was killed.
    async crash(store) {
      await wires.get(store)?.close();
      await store.close();
    },
    cut: () => cut('postgres', 'bobbin session'),
  };
  queueContract(() => scene);
  survivalContract(() => scene);
});

describe('many processes', () => {
  let database: string;
  beforeEach(async () => {
    database = await freshDatabase();
  });

  test('share the work: each entry is done once, each key by one of them at a time, in its order', async () => {
    const stores = await Promise.all([open(database), open(database), open(database)]);
    const done: [key: string, id: number][] = [];
    const busy = new Set<string>();
    let overlaps = 0;
    const work = async (claim: Claim<number>) => {
      if (busy.has(claim.key)) overlaps++;
      busy.add(claim.key);
      const entries = await claim.entries();
      // Not all of them, so that there is always something for others to take.
      const some = entries.slice(0, 2);
      await claim.done(some.map(({ id }) => id));
      for (const { key, data } of some) done.push([key, data]);
      await sleep(entries.length % 3);
      busy.delete(claim.key);
    };
    for (const store of stores) await store.queue<number>('shared').start(work);
    const puts = Array.from({ length: 200 }, async (_, number) => {
      const entry = { id: `${number}`, key: `${number % 7}`, data: number };
      // Those of a key come from one process, which so knows their order.
      return stores[(number % 7) % 3]?.queue<number>('shared').put(entry);
    });
    expect(await Promise.all(puts)).toEqual(puts.map(() => true));
    await expect.poll(() => done.length).toBe(200);
    expect(overlaps).toBe(0);
    for (let key = 0; key < 7; key++) {
      const ids = done.filter(([of]) => of === `${key}`).map(([, id]) => id);
      expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    }
    await expect.poll(() => stores[0]?.queue('shared').depth()).toBe(0);
    const left = await connect(database);
    await expect.poll(async () => (await left.query('SELECT * FROM bobbin_claims')).rows).toEqual([]);
    await left.end();
  });

  test('leave a key to whoever works on it, also when its oldest entry is done', async () => {
    const [mine, others] = [await open(database), await open(database)];
    const [one, two] = [worker(), worker()];
    const queue = mine.queue<string>('test');
    await queue.start(one.work);
    const put = (id: string, key: string) => queue.put({ id, key, data: id });
    await put('1', 'a');
    const first = await one.nth(1);
    await queue.stop();
    await put('2', 'a');
    await first.claim.done(['1']);
    await others.queue<string>('test').start(two.work);
    await put('x', 'b');
    // Whoever fetches this has seen the other one, too.
    expect((await two.nth(1)).key).toBe('b');
    await put('y', 'c');
    expect((await two.nth(2)).key).toBe('c');
    expect((await first.claim.entries()).map(({ id }) => id)).toEqual(['2']);
    await first.claim.done(['2']);
    await put('3', 'a');
    first.end();
    const next = await two.nth(3);
    expect([next.ids, next.isTakenOver]).toEqual([['3'], false]);
  });

  test('take over what a killed one worked on', async () => {
    const store = await open(database);
    const { work, nth } = worker();
    const options = { dataDir: '/nowhere', databaseUrl: server.url(database) };
    const { given, kill } = await putAndHold(options, 'test', ['1', '2']);
    expect(given).toBe('1 2');
    await store.queue<string>('test').start(work);
    await expect.poll(() => store.replicas.count).toBe(2);
    await kill();
    const { ids, isTakenOver } = await nth(1);
    expect([ids, isTakenOver]).toEqual([['1', '2'], true]);
    await expect.poll(() => store.replicas.count).toBe(1);
  });

  test('give back what they have when they close, begun or not', async () => {
    const [closing, other] = [await open(database), await open(database)];
    const [one, two] = [worker(), worker()];
    const queue = closing.queue<string>('test');
    let blind: Claim<string> | undefined;
    await queue.start(async (claim) => {
      if (claim.key === 'begun') return one.work(claim);
      blind = claim;
      await once(claim.lost, 'abort');
    });
    await queue.put({ id: '1', key: 'begun', data: '' });
    await queue.put({ id: '2', key: 'unseen', data: '' });
    const { claim } = await one.nth(1);
    await expect.poll(() => blind).toBeDefined();
    await other.queue<string>('test').start(two.work);
    await closing.close();
    expect(claim.lost.aborted).toBe(true);
    await expect(claim.done(['1'])).rejects.toThrow();
    await two.nth(2);
    const taken = two.given.map(({ key, ids, isTakenOver }) => [key, ids, isTakenOver]);
    expect(taken.sort()).toEqual([
      ['begun', ['1'], true],
      ['unseen', ['2'], false],
    ]);
  });

  test.each(['closed', 'killed'])('forget a key with the claim of a process that was %s', async (end) => {
    const wire = end === 'killed' ? await openWire() : undefined;
    const [gone, other] = [await open(database, wire), await open(database)];
    const { work, nth } = worker();
    await gone.queue<string>('test').start(work);
    await gone.queue<string>('test').put({ id: '1', key: 'a', data: '' });
    await nth(1);
    await wire?.close();
    await gone.close();
    const inside = await connect(database);
    onTestFinished(() => inside.end());
    const claims = async () => (await inside.query('SELECT key FROM bobbin_claims')).rows;
    expect(await claims()).toEqual([{ key: 'a' }]);
    await expect.poll(() => other.replicas.count).toBe(1);
    expect(await other.queue('test').forget('a')).toBe(1);
    expect(await claims()).toEqual([]);
  });

  test('work on no more keys at once than is good for one, and leave the rest to others', async () => {
    const [one, two] = [worker(), worker()];
    const [first, second] = [await open(database), await open(database)];
    const queue = first.queue<string>('test');
    await queue.start(one.work);
    await Promise.all(
      Array.from({ length: 503 }, (_, i) => queue.put({ id: `${i}`, key: `${i}`, data: '' })),
    );
    await one.nth(500);
    await second.queue<string>('test').start(two.work);
    await two.nth(3);
    expect([one.given.length, two.given.length]).toEqual([500, 3]);
    const { claim, end, ids } = await one.nth(1);
    await second.queue<string>('test').stop();
    await queue.put({ id: 'late', key: 'late', data: '' });
    await claim.done(ids);
    end();
    expect((await one.nth(501)).key).toBe('late');
  });

  test('know how many they are, and hear each other', async () => {
    const first = await open(database);
    const counts: number[] = [];
    first.replicas.onChange((count) => counts.push(count));
    const second = await open(database);
    await expect.poll(() => [first.replicas.count, second.replicas.count]).toEqual([2, 2]);
    const heard: string[] = [];
    for (const store of [first, second]) store.signals.on('stop', (text) => heard.push(text));
    await first.signals.send('stop', 'slack:C1');
    await expect.poll(() => heard).toEqual(['slack:C1', 'slack:C1']);
    await second.close();
    await expect.poll(() => first.replicas.count).toBe(1);
    expect(counts).toEqual([2, 1]);
  });
});

describe('a process that loses the database', () => {
  test('gives up its claims, and comes back by itself', async () => {
    const database = await freshDatabase();
    const store = await open(database);
    const { work, nth, given } = worker();
    const queue = store.queue<string>('test');
    await queue.start(work);
    await queue.put({ id: '1', key: 'a', data: '' });
    const { claim, end } = await nth(1);
    const heard: string[] = [];
    store.signals.on('test', (text) => heard.push(text));
    const inside = await connect(database);
    onTestFinished(() => inside.end());
    const owner = async () => (await inside.query(`SELECT process FROM bobbin_claims WHERE key = 'a'`)).rows;
    const before = await owner();
    expect(await cut(database, 'bobbin session')).toHaveLength(1);
    await expect.poll(() => claim.lost.aborted).toBe(true);
    await expect(claim.done(['1'])).rejects.toThrow(StoreProblem);
    // Put while nobody is told of it.
    await queue.put({ id: '2', key: 'b', data: '' });
    expect((await nth(2)).key).toBe('b');
    await expect.poll(owner).not.toEqual(before);
    // Not before the work that has lost its claim is over.
    expect(given).toHaveLength(2);
    end();
    const again = await nth(3);
    expect([again.key, again.ids, again.isTakenOver]).toEqual(['a', ['1'], true]);
    await store.signals.send('test', 'back');
    await expect.poll(() => heard).toEqual(['back']);
    await expect.poll(() => store.check()).toBeUndefined();
  });

  test('has given up before others take over, even when no connection was closed', async () => {
    const database = await freshDatabase();
    const wire = await openWire();
    const [dead, other] = [await open(database, wire), await open(database)];
    const [one, two] = [worker(), worker()];
    await dead.queue<string>('test').start(one.work);
    await dead.queue<string>('test').put({ id: '1', key: 'a', data: '' });
    const { claim } = await one.nth(1);
    await other.queue<string>('test').start(two.work);
    const lock = await dead.locks?.take('run');
    expect(lock?.unsure()).toBeUndefined();
    wire.freeze();
    await expect.poll(() => two.given.length > 0 || claim.lost.aborted).toBe(true);
    expect([claim.lost.aborted, two.given]).toEqual([true, []]);
    const sure = lock?.unsure();
    expect([sure === undefined, await other.locks?.take('run')]).toEqual([false, undefined]);
    await expect.poll(() => two.given.length).toBe(1);
    const { ids, isTakenOver } = await two.nth(1);
    expect([ids, isTakenOver]).toEqual([['1'], true]);
    await expect.poll(() => other.locks?.take('run')).toBeDefined();
    wire.thaw();
    await sure;
    expect(lock?.lost.aborted).toBe(true);
    await expect.poll(() => other.replicas.count).toBe(2);
  });

  test('says why nothing can be put while the database takes no writes, and goes on when it does', async () => {
    const database = await freshDatabase();
    const store = await open(database);
    const { work, nth } = worker();
    const queue = store.queue<string>('test');
    await queue.start(work);
    await sql(`ALTER DATABASE ${database} SET default_transaction_read_only = on`);
    for (const name of ['bobbin', 'bobbin session']) await cut(database, name);
    const put = () => queue.put({ id: '1', key: 'a', data: '' }).catch(String);
    await expect
      .poll(put)
      .toMatch(/^Problem: PostgreSQL at .* is read-only: point DATABASE_URL to the primary/);
    await sql(`ALTER DATABASE ${database} SET default_transaction_read_only = off`);
    for (const name of ['bobbin', 'bobbin session']) await cut(database, name);
    await expect.poll(put).toBe(true);
    expect((await nth(1)).ids).toEqual(['1']);
  });
});

test('a database that was down is used again, by whoever worked then', async () => {
  const store = await open();
  const queue = store.queue<string>('restart');
  const [held, taken]: [Claim<string>[], unknown[]] = [[], []];
  await queue.start(async (claim) => {
    taken.push([claim.key, claim.isTakenOver]);
    if (claim.isTakenOver || claim.key === 'other')
      return claim.done((await claim.entries()).map(({ id }) => id));
    await claim.entries();
    held.push(claim);
    await once(claim.lost, 'abort');
  });
  await queue.put({ id: '1', key: 'held', data: '' });
  await expect.poll(() => held).toHaveLength(1);
  await server.goDown();
  const put = () => queue.put({ id: '2', key: 'other', data: '' });
  await expect(put()).rejects.toThrow(/cannot be reached/);
  await expect(store.check()).rejects.toThrow(/cannot be reached/);
  await server.comeBack();
  admin = await connect('postgres');
  await expect.poll(() => put().catch(String)).toBe(true);
  const all = [
    ['held', false],
    ['held', true],
    ['other', false],
  ];
  await expect.poll(() => taken.toSorted()).toEqual(all);
  await expect.poll(() => store.check()).toBeUndefined();
});

describe('what pg-boss would do by itself', () => {
  test('nothing that waits or is worked on is taken away after its time limits, and what was done goes', async () => {
    const database = await freshDatabase();
    const store = await open(database);
    const { work, nth } = worker();
    const queue = store.queue<string>('test');
    await queue.start(work);
    await queue.put({ id: 'worked on', key: 'a', data: '' });
    await nth(1);
    await queue.put({ id: 'done', key: 'b', data: '' });
    const second = await nth(2);
    await second.claim.done(['done']);
    second.end();
    await queue.stop();
    await queue.put({ id: 'waiting', key: 'c', data: '' });
    const inside = await connect(database);
    onTestFinished(() => inside.end());
    const past = (column: string, span: string) => `${column} = ${column} - interval '${span}'`;
    await inside.query(`UPDATE bobbin_queue.job SET ${past('created_on', '300 days')}, ${past('keep_until', '300 days')},
      ${past('started_on', '20 hours')}, ${past('completed_on', '27 hours')}`);
    await inside.query(
      'UPDATE bobbin_queue.queue SET maintain_on = to_timestamp(0), monitor_on = to_timestamp(0), monitor_claim_on = to_timestamp(0)',
    );
    // Maintains everything as it opens.
    const other = await open(database);
    const maintained = async () =>
      (
        await inside.query(
          `SELECT maintain_on > to_timestamp(0) AS yes FROM bobbin_queue.queue WHERE name = 'test'`,
        )
      ).rows;
    await expect.poll(maintained).toEqual([{ yes: true }]);
    await expect.poll(() => other.queue('test').keysSince(0)).toEqual(['c', 'a']);
    const two = worker();
    await other.queue<string>('test').start(two.work);
    expect((await two.nth(1)).ids).toEqual(['waiting']);
    await other.queue<string>('test').put({ id: 'done', key: 'd', data: '' });
    expect((await two.nth(2)).key).toBe('d');
    expect(two.given).toHaveLength(2);
  });
});

describe('the tables', () => {
  const refusal = async (database: string) => {
    const error = await open(database).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Problem);
    return (error as Problem).message;
  };

  test('of the release before are brought up to date with all that they hold, by many processes at once', async () => {
    const database = await freshDatabase();
    const inside = await connect(database);
    onTestFinished(() => inside.end());
    await inside.query(`CREATE TABLE bobbin (key TEXT PRIMARY KEY, value TEXT);
      INSERT INTO bobbin VALUES ('test:key', '{"value":"kept"}')`);
    const stores = await Promise.all(Array.from({ length: 4 }, () => open(database)));
    for (const [number, store] of stores.entries()) {
      expect(await store.keyv<string>('test').get('key')).toBe('kept');
      expect(await store.queue<string>('test').put({ id: `${number}`, key: 'a', data: '' })).toBe(true);
    }
    expect((await inside.query('SELECT version FROM bobbin_schema')).rows).toEqual([{ version: 2 }]);
  });

  test('are not made by a user who may not, which is told', async () => {
    const database = await freshDatabase();
    const inside = await connect(database);
    onTestFinished(() => inside.end());
    await inside.query(
      `CREATE ROLE visitor LOGIN PASSWORD 'secret'; GRANT CREATE ON SCHEMA public TO visitor`,
    );
    const databaseUrl = `postgres://visitor:secret@127.0.0.1:${server.port}/${database}`;
    await expect(openStore({ dataDir: '/nowhere', databaseUrl })).rejects.toThrow(
      new Problem(
        `The user of DATABASE_URL may not create or use the schema "bobbin_queue" in 127.0.0.1:${server.port}/${database}: grant it CREATE on the database.`,
      ),
    );
  });

  test('of a newer release are left alone', async () => {
    const database = await freshDatabase();
    await (await open(database)).close();
    const inside = await connect(database);
    onTestFinished(() => inside.end());
    await inside.query('UPDATE bobbin_schema SET version = 3');
    expect(await refusal(database)).toBe(
      `The database of postgres://127.0.0.1:${server.port}/${database} was written by a newer Bobbin: update this one, or point DATABASE_URL to another database.`,
    );
  });

  test.each([
    'CREATE TABLE bobbin (id INTEGER, key TEXT, value TEXT)',
    'CREATE TABLE bobbin_schema (v TEXT)',
  ])('of another program are left alone: %s', async (theirs) => {
    const database = await freshDatabase();
    const inside = await connect(database);
    onTestFinished(() => inside.end());
    await inside.query(theirs);
    expect(await refusal(database)).toBe(
      `The database of postgres://127.0.0.1:${server.port}/${database} has a table of another program in the place of "bobbin" or "bobbin_schema": point DATABASE_URL to a database of Bobbin's own.`,
    );
    const tables = `SELECT count(*)::int FROM pg_class WHERE relname LIKE 'bobbin%'`;
    expect((await inside.query(tables)).rows).toEqual([{ count: 1 }]);
  });
});

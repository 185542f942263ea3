import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { Claim } from '../../../../src/store/queue.ts';
import { StoreProblem } from '../../../../src/store/store-problem.ts';
import { worker } from '../../queue-contract.ts';
import { postgresScene } from '../scene.ts';

const { connect, cut, freshDatabase, open, openWire, server, sql } = postgresScene();

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
  await server().goDown();
  const put = () => queue.put({ id: '2', key: 'other', data: '' });
  await expect(put()).rejects.toThrow(/cannot be reached/);
  await expect(store.check()).rejects.toThrow(/cannot be reached/);
  await server().comeBack();
  await expect.poll(() => put().catch(String)).toBe(true);
  const all = [
    ['held', false],
    ['held', true],
    ['other', false],
  ];
  await expect.poll(() => taken.toSorted()).toEqual(all);
  await expect.poll(() => store.check()).toBeUndefined();
});

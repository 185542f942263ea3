import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Claim } from '../../../../src/store/queue.ts';
import { putAndHold } from '../../held.ts';
import { worker } from '../../queue-contract.ts';
import { postgresScene } from '../scene.ts';

const { connect, freshDatabase, open, openWire, server } = postgresScene();

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
    const options = { dataDir: '/nowhere', databaseUrl: server().url(database) };
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

import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Pool, type PoolLimits } from '../../../src/assistants/code-interpreter/pool.ts';
import { Started, settle } from './started.ts';

const PROCESSES = 3;
const IDLE_MS = 1_000;
const { signal } = new AbortController();

/** A pool that keeps a spare, and every process that it ever started. */
async function startPool(limits: Partial<PoolLimits>) {
  const all: Started[] = [];
  const start = () => {
    const process = new Started();
    all.push(process);
    return process.promise;
  };
  const pool = new Pool(start, { processes: PROCESSES, idleMs: IDLE_MS, ...limits });
  /** Lets every start come to its end. */
  const calm = async () => {
    for (await settle(); all.some(({ isStarting }) => isStarting); await settle())
      for (const process of all) if (process.isStarting) process.settle();
  };
  const warm = pool.warmUp();
  await calm();
  await warm;
  /** A call that is over at once. */
  const call = async (session: string, party: string) => {
    const taken = pool.take({ session, party }, signal);
    await calm();
    const lease = await taken;
    pool.release(session);
    await calm();
    return lease;
  };
  /** Calls that don't end, all asked for in the same moment. */
  const flood = (party: string, count: number) => {
    for (let number = 0; number < count; number++)
      void pool.take({ session: `${party} ${number}`, party }, signal).catch(() => {});
  };
  return { pool, all, calm, call, flood };
}

/** What a newcomer is lent, if it is lent before anything that is being started has started. */
async function lentAtOnce(pool: Pool<Started>, party: string): Promise<Started | undefined> {
  let lent: Started | undefined;
  void pool.take({ session: `${party}’s`, party }, signal).then(({ python }) => {
    lent = python;
  });
  await settle();
  return lent;
}

beforeAll(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterAll(() => void vi.useRealTimers());

it('has a process ready for whoever has none at work, however full it is and whoever floods it', async () => {
  const before = fc.array(fc.constantFrom('ann', 'ben', 'cem', 'dan', 'eve', 'flood 0'), { maxLength: 12 });
  const calls = fc.integer({ min: 1, max: 16 });
  const most = fc.integer({ min: 1, max: 3 });
  const more = fc.integer({ min: 0, max: 4 });
  /** One party, whatever it may have; or several that may not have all together. */
  const one = fc.tuple(
    fc.tuple(calls),
    fc.option(most, { nil: Number.POSITIVE_INFINITY }),
    more,
    fc.constant(3),
  );
  const several = fc
    .tuple(fc.array(calls, { minLength: 2, maxLength: 3 }), most, more)
    .map(([counts, each, places]) => [counts, each, places, counts.length * each + 2] as const);
  await fc.assert(
    fc.asyncProperty(
      before,
      fc.oneof(one, several),
      async (askers, [counts, partyProcesses, places, least]) => {
        const processes = least + places;
        const { pool, all, calm, call, flood } = await startPool({ processes, partyProcesses });
        for (const [number, party] of askers.entries()) await call(`${party} before ${number}`, party);
        for (const [number, count] of counts.entries()) flood(`flood ${number}`, count);
        await calm();
        expect(await lentAtOnce(pool, 'newcomer')).toBeDefined();
        expect(all.filter(({ isDead }) => !isDead).length).toBeLessThanOrEqual(processes);
        pool.close();
      },
    ),
    { numRuns: 200 },
  );
});

it.each([3, 4, 8])(
  'has, of %i, one ready for each newcomer while one party’s calls end and others of it begin',
  async (processes) => {
    const { pool, calm, flood } = await startPool({ processes, partyProcesses: 2 });
    flood('flood', 16);
    for (let number = 0; number < 8; number++) {
      await calm();
      expect(await lentAtOnce(pool, `newcomer ${number}`)).toBeDefined();
      pool.release(`newcomer ${number}’s`);
      pool.release(`flood ${number}`);
    }
    pool.close();
  },
);

it('takes the places of one party’s many calls from its own idle sessions', async () => {
  const { pool, calm, call, flood } = await startPool({ processes: 5, partyProcesses: 2 });
  await call('mine', 'ann');
  flood('flood', 16);
  for (let number = 0; number < 16; number++) {
    await calm();
    pool.release(`flood ${number}`);
  }
  await calm();
  expect((await call('mine', 'ann')).fresh).toBe(false);
  pool.close();
});

it('gives a newcomer the spare that is being started, and starts the next one after it', async () => {
  const { pool, all, calm } = await startPool({ processes: 4 });
  await pool.take({ session: 'a', party: 'ann' }, signal);
  expect(all).toHaveLength(2);
  const second = pool.take({ session: 'b', party: 'ben' }, signal);
  await settle();
  expect(all).toHaveLength(2);
  all[1]?.settle();
  expect((await second).python).toBe(all[1]);
  await calm();
  expect(all).toHaveLength(3);
  pool.close();
});

it('starts one for a newcomer whose spare did not start', async () => {
  const { pool, all, calm } = await startPool({ processes: 4 });
  await pool.take({ session: 'a', party: 'ann' }, signal);
  const second = pool.take({ session: 'b', party: 'ben' }, signal);
  all[1]?.settle(new Error('no'));
  await calm();
  expect((await second).python.isDead).toBe(false);
  pool.close();
});

it('leaves two people who take turns their variables, where there is no place for a spare beside', async () => {
  const { pool, call } = await startPool({ processes: 2 });
  const turns: boolean[] = [];
  for (const session of ['a', 'b', 'a', 'b']) turns.push((await call(session, session)).fresh);
  expect(turns).toEqual([true, true, false, false]);
  pool.close();
});

it('gives one party all but one at most, and what is free to who has least, however many they ask for', async () => {
  const parties = fc.array(fc.constantFrom('flood', 'ann', 'ben'), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(parties, fc.integer({ min: 1, max: 5 }), async (askers, partyProcesses) => {
      const start = async () => new Started();
      const pool = new Pool(start, { processes: PROCESSES, idleMs: IDLE_MS, partyProcesses });
      const busy = new Map<string, string>();
      const waiting = new Set<string>();
      const countOf = (party: string) => [...busy.values()].filter((one) => one === party).length;
      for (const [number, party] of askers.entries()) {
        const session = `${party} ${number}`;
        waiting.add(session);
        void pool.take({ session, party }, signal).then(() => {
          waiting.delete(session);
          busy.set(session, party);
        });
      }
      for (await settle(); busy.size > 0; ) {
        const [[first = ''] = []] = busy;
        busy.delete(first);
        const least = Math.min(...[...waiting].map((session) => countOf(session.split(' ')[0] ?? '')));
        const before = new Set(busy.keys());
        pool.release(first);
        await settle();
        for (const [session, party] of busy) {
          expect(countOf(party)).toBeLessThanOrEqual(Math.min(partyProcesses, PROCESSES - 1));
          if (!before.has(session)) expect(countOf(party) - 1).toBe(least);
        }
      }
      expect(waiting.size).toBe(0);
      pool.close();
    }),
    { numRuns: 300 },
  );
});

it('keeps the variables of a session that waits for its party’s turn', async () => {
  const start = async () => new Started();
  const pool = new Pool(start, { processes: PROCESSES, idleMs: IDLE_MS, partyProcesses: 1 });
  const first = await pool.take({ session: 'one', party: 'ann' }, signal);
  pool.release('one');
  await pool.take({ session: 'two', party: 'ann' }, signal);
  const next = pool.take({ session: 'one', party: 'ann' }, signal);
  pool.release('two');
  expect(await next).toEqual({ python: first.python, fresh: false });
  pool.close();
});

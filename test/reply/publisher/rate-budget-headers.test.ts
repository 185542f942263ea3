import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ClaimedRoom } from '../../../src/budget.ts';
import { CHANNEL, Scene, TIER_3 } from './budget-scene.ts';
import { FixedWindow, LeakyBucket, SlidingWindow, type Verdict } from './strict-server.ts';
import { settled } from './virtual-clock.ts';

test.each([
  ['fixed windows', () => new FixedWindow(CHANNEL)],
  ['leaky buckets', () => new LeakyBucket(CHANNEL)],
])(
  'with the headers of %s no call is refused and hardly any room is left unused',
  async (_name, newServer) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 10, maxLength: 50 }),
        fc.integer({ min: 0, max: 5 }),
        async (latencies, usedBefore) => {
          const scene = new Scene();
          const budget = scene.budget(CHANNEL);
          const server = newServer();
          for (let call = 0; call < usedBefore; call++) server.call(0);
          let sent = 0;
          const refusals: number[] = [];
          const way = () =>
            new Promise<void>((resolve) =>
              scene.clock.after(latencies[sent++ % latencies.length] ?? 0, resolve),
            );
          const again = async () => {
            await budget.take({ room: 'paced', urgency: () => 1 }, new AbortController().signal);
            await way();
            const { retryAfterMs, told } = server.call(scene.clock.now());
            await way();
            if (told) budget.learn(told);
            if (retryAfterMs !== undefined) budget.refused(retryAfterMs);
            if (retryAfterMs !== undefined) refusals.push(scene.clock.now());
            if (scene.clock.now() < 60_000) void again();
          };
          void again();
          await scene.clock.runUntil(90_000);
          expect(refusals.length).toBeLessThanOrEqual(usedBefore === 5 ? 1 : 0);
          expect(sent / 2).toBeGreaterThan(40);
        },
      ),
      { numRuns: 30 },
    );
  },
);

/** How replies that always have something new to show fare at a server that tells how far its window is used. */
async function shareChannel(latencies: readonly number[], replies: number): Promise<Verdict[]> {
  const scene = new Scene();
  const budget = scene.budget(CHANNEL);
  const server = new FixedWindow(CHANNEL);
  const verdicts: Verdict[] = [];
  let ways = 0;
  const way = () =>
    new Promise<void>((resolve) => scene.clock.after(latencies[ways++ % latencies.length] ?? 0, resolve));
  const again = async () => {
    const since = scene.clock.now();
    const urgency = () => scene.clock.now() - since;
    await budget.take({ room: 'paced', urgency }, new AbortController().signal);
    await way();
    const verdict = server.call(scene.clock.now());
    verdicts.push(verdict);
    await way();
    if (verdict.told) budget.learn(verdict.told);
    if (scene.clock.now() < 60_000) void again();
  };
  for (let reply = 0; reply < replies; reply++) {
    budget.hold();
    void again();
  }
  await scene.clock.runUntil(90_000);
  return verdicts;
}

const refused = ({ retryAfterMs }: Verdict) => retryAfterMs !== undefined;

test('replies that share a channel use all of it and are refused nothing, though their calls and answers overtake each other', async () => {
  const slowFirst = [451, 549, ...Array<number>(12).fill(1), 370, 630, 343, 720, 475, 588, 536, 590];
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 800 }), { minLength: 20, maxLength: 60 }),
      fc.integer({ min: 1, max: 5 }),
      async (latencies, replies) => {
        const verdicts = await shareChannel(latencies, replies);
        expect(verdicts.filter(refused)).toEqual([]);
        expect(verdicts.length).toBeGreaterThan(40);
      },
    ),
    { numRuns: 50, examples: [[slowFirst, 2]] },
  );
});

test('no call is refused as long as its answer takes less time than a window', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: CHANNEL.perMs / 2 - 1 }), { minLength: 20, maxLength: 60 }),
      fc.integer({ min: 1, max: 12 }),
      async (latencies, replies) => {
        const verdicts = await shareChannel(latencies, replies);
        expect(verdicts.filter(refused)).toEqual([]);
      },
    ),
    { numRuns: 50 },
  );
});

test('the place that six replies leave for an end is used right before the window ends, where its end is told', async () => {
  const verdicts = await shareChannel([70], 6);
  expect(verdicts.filter(refused)).toEqual([]);
  // A window takes as long as a call and its answer longer than the platform's, and is used up.
  expect(verdicts.length).toBeGreaterThanOrEqual(Math.floor(60_000 / (CHANNEL.perMs + 140)) * CHANNEL.calls);
});

test('of six replies that end at any moment together the last waits for one window and little more', async () => {
  const LATENCY_MS = 70;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 10_000, max: 20_000 }), async (moment) => {
      const scene = new Scene();
      const budget = scene.budget(CHANNEL);
      const server = new FixedWindow(CHANNEL);
      const ends: number[] = [];
      const way = () => new Promise<void>((resolve) => scene.clock.after(LATENCY_MS, resolve));
      const call = async (room: ClaimedRoom, signal: AbortSignal): Promise<void> => {
        const since = scene.clock.now();
        if (!(await budget.take({ room, urgency: () => scene.clock.now() - since }, signal))) return;
        await way();
        const { told, retryAfterMs } = server.call(scene.clock.now());
        expect(retryAfterMs).toBeUndefined();
        if (room === 'all') ends.push(scene.clock.now() - moment);
        await way();
        if (told) budget.learn(told);
      };
      const reply = async () => {
        const over = new AbortController();
        scene.at(moment, () => over.abort());
        while (!over.signal.aborted) await call('paced', over.signal);
        await call('all', new AbortController().signal);
      };
      for (let index = 0; index < 6; index++) {
        budget.hold();
        void reply();
      }
      await scene.clock.runUntil(moment + 20_000);
      expect(ends).toHaveLength(6);
      expect(Math.max(...ends)).toBeLessThanOrEqual(CHANNEL.perMs + 250 + 4 * LATENCY_MS);
    }),
    { numRuns: 50 },
  );
});

test('calls that overtake each other on their way are not refused, though nothing tells of the limit', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 10, maxLength: 50 }),
      async (latencies) => {
        const scene = new Scene();
        const budget = scene.budget(TIER_3);
        const server = new SlidingWindow(TIER_3);
        const retryAfter: (number | undefined)[] = [];
        for (let call = 0; call < 200; call++)
          void budget
            .take({ room: 'all', urgency: () => 1 }, new AbortController().signal)
            .then(() =>
              scene.clock.after(latencies[call % latencies.length] ?? 0, () =>
                retryAfter.push(server.call(scene.clock.now()).retryAfterMs),
              ),
            );
        await scene.clock.runUntil(300_000);
        expect(retryAfter).toEqual(Array.from({ length: 200 }, () => undefined));
      },
    ),
    { numRuns: 20 },
  );
});

test('headers that make no sense change nothing', async () => {
  const scene = new Scene();
  const budget = scene.budget(CHANNEL);
  const nonsense = { limit: 2, remaining: 1, resetAfterMs: 60_000 };
  for (const name of ['limit', 'remaining', 'resetAfterMs'])
    budget.learn({ ...nonsense, [name]: Number.NaN });
  budget.learn({ limit: 0, remaining: 0, resetAfterMs: 60_000 });
  for (let call = 0; call < 5; call++) scene.claim(budget, 'a', { room: 'all' });
  await settled();
  expect(scene.times()).toEqual([0, 0, 0, 0, 0]);
});

test('what other processes used up is taken from the headers', async () => {
  const scene = new Scene();
  const budget = scene.budget(CHANNEL);
  scene.claim(budget, 'a', { room: 'all' });
  await settled();
  budget.learn({ limit: 5, remaining: 1, resetAfterMs: 3_000 });
  for (let call = 0; call < 3; call++) scene.claim(budget, 'b', { room: 'all' });
  await scene.clock.runUntil(2_999);
  expect(scene.times('b')).toEqual([0]);
  await scene.clock.runUntil(3_000);
  expect(scene.times('b')).toEqual([0, 3_000, 3_000]);
});

test('another limit than the documented one is taken from the headers', async () => {
  const scene = new Scene();
  const budget = scene.budget(CHANNEL);
  scene.claim(budget, 'a', { room: 'all' });
  await settled();
  budget.learn({ limit: 2, remaining: 1, resetAfterMs: 10_000 });
  for (let call = 0; call < 4; call++) scene.claim(budget, 'b', { room: 'all' });
  await scene.clock.runUntil(30_000);
  expect(scene.times('b')).toEqual([0, 10_000, 10_500, 20_500]);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BudgetObserver, RateBudget } from '../../../src/reply/publisher/rate-budget.ts';
import { CHANNEL, Scene, TIER_3 } from './budget-scene.ts';
import { SlidingWindow, type StrictServer } from './strict-server.ts';
import { settled } from './virtual-clock.ts';

const HOUR_MS = 3_600_000;

const deaf: BudgetObserver = { granted: () => {}, refused: () => {}, waiting: () => {}, limited: () => {} };

test('a refusal stops all calls for as long as the platform says, and then fewer go', async () => {
  const scene = new Scene();
  const budget = scene.budget(CHANNEL);
  const start = CHANNEL.perMs;
  await scene.clock.runUntil(start);
  for (let call = 0; call < 3; call++) scene.claim(budget, 'early', { room: 'all' });
  await settled();
  budget.refused(7_000);
  for (let call = 0; call < 4; call++) scene.claim(budget, 'late', { room: 'all' });
  await scene.clock.runUntil(start + 6_999);
  expect(scene.times('late')).toEqual([]);
  await scene.clock.runUntil(start + 7_000);
  expect(scene.times('late')).toEqual([7_000, 7_000, 7_000].map((ms) => start + ms));
});

test('a last edit that is refused again and again goes after each pause, however much was used before', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: TIER_3.calls - 3 }),
      fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 1, maxLength: 4 }),
      async (usedBefore, seconds) => {
        const scene = new Scene();
        const budget = scene.budget(TIER_3);
        const calls: number[] = [];
        const end = async (): Promise<void> => {
          const claim = { room: 'all' as const, urgency: () => 1 };
          await budget.take(claim, new AbortController().signal);
          const pause = seconds[calls.push(scene.clock.now()) - 1];
          if (pause === undefined) return;
          budget.refused(pause * 1_000);
          return end();
        };
        for (let call = 0; call < usedBefore; call++) scene.claim(budget, 'before', { room: 'all' });
        await scene.clock.runUntil(1);
        void end();
        await scene.clock.runUntil(60_000);
        const due = seconds.map((_, at) =>
          seconds.slice(0, at + 1).reduce((sum, pause) => sum + pause * 1_000, 1),
        );
        expect(calls).toEqual([1, ...due]);
      },
    ),
  );
});

test('a refusal that does not say for how long stops calls for a second', async () => {
  const scene = new Scene();
  const budget = scene.budget(CHANNEL);
  budget.refused(Number.NaN);
  scene.claim(budget, 'a');
  await scene.clock.runUntil(2_000);
  expect(scene.times()).toEqual([1_000]);
});

/** Replies that always have something new to show, at a platform that tells nothing; the times of its refusals. */
function keepCalling(scene: Scene, budget: RateBudget, server: StrictServer, until: number): number[] {
  const refusals: number[] = [];
  const again = async () => {
    await budget.take({ room: 'paced', urgency: () => 1 }, new AbortController().signal);
    const { retryAfterMs } = server.call(scene.clock.now());
    if (retryAfterMs !== undefined) {
      budget.refused(retryAfterMs);
      refusals.push(scene.clock.now());
    }
    if (scene.clock.now() < until) void again();
  };
  void again();
  return refusals;
}

function countIn(times: readonly number[], from: number, to: number): number {
  return times.filter((at) => at >= from && at < to).length;
}

test('a limit that is lower than documented is learned from a few refusals, and tried again ever more seldom', async () => {
  const scene = new Scene();
  const server = new SlidingWindow({ calls: 20, perMs: 60_000 });
  const refusals = keepCalling(scene, scene.budget(TIER_3), server, 5 * HOUR_MS);
  await scene.clock.runUntil(5 * HOUR_MS);
  expect(countIn(refusals, 0, 5 * 60_000)).toBeLessThanOrEqual(4);
  expect(countIn(refusals, HOUR_MS, 2 * HOUR_MS)).toBeLessThanOrEqual(2);
  expect(countIn(refusals, 4 * HOUR_MS, 5 * HOUR_MS)).toBeLessThanOrEqual(1);
});

test('a process finds the limit used up by those that died before it, and has all of it a window later', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1_000, max: 70_000 }), { minLength: 1, maxLength: 12 }),
      async (lives) => {
        const scene = new Scene();
        const server = new SlidingWindow(TIER_3);
        let startedAt = 0;
        for (const life of lives) {
          keepCalling(scene, scene.budget(TIER_3), server, startedAt + life);
          startedAt += life;
          await scene.clock.runUntil(startedAt);
        }
        const grants: number[] = [];
        const observer = { ...deaf, granted: () => grants.push(scene.clock.now()) };
        const end = startedAt + 5 * TIER_3.perMs;
        keepCalling(scene, scene.budget(TIER_3, 'test', observer), server, end);
        await scene.clock.runUntil(end);
        const aWindowLater = startedAt + TIER_3.perMs;
        expect(countIn(grants, aWindowLater, end)).toBeGreaterThan(4 * TIER_3.calls * 0.9);
      },
    ),
  );
});

/** Replies that all want to end at once, each call under way for a while; how many were refused and taken so far. */
function endTogether(scene: Scene, budget: RateBudget, server: StrictServer, replies: number, until: number) {
  const count = { refused: 0, taken: 0 };
  const end = async (): Promise<void> => {
    await budget.take({ room: 'all', urgency: () => 1 }, new AbortController().signal);
    await new Promise<void>((resolve) => scene.clock.after(200, resolve));
    if (scene.clock.now() >= until) return;
    const { retryAfterMs } = server.call(scene.clock.now());
    count[retryAfterMs === undefined ? 'taken' : 'refused']++;
    if (retryAfterMs === undefined) return;
    budget.refused(retryAfterMs);
    return end();
  };
  for (let reply = 0; reply < replies; reply++) void end();
  return count;
}

test('a process that goes on where others died is refused about as often as it tries at once, and wastes little', async () => {
  const scene = new Scene();
  const server = new SlidingWindow(TIER_3);
  const [LIFE_MS, LIVES] = [7_000, 20];
  let taken = 0;
  for (let life = 0; life < LIVES; life++) {
    const budget = scene.budget(TIER_3);
    if (life > 0) budget.inherit();
    const end = (life + 1) * LIFE_MS;
    const count = endTogether(scene, budget, server, 100, end);
    await scene.clock.runUntil(end);
    taken += count.taken;
    expect(count.refused).toBeLessThan(TIER_3.calls / 3);
  }
  expect(taken).toBeGreaterThan(((LIVES * LIFE_MS) / TIER_3.perMs) * TIER_3.calls * 0.9);
});

test('after a storm of refusals the limit is believed again in no more time than the storm took', async () => {
  const scene = new Scene();
  let limit = TIER_3.calls;
  const observer: BudgetObserver = { ...deaf, limited: (_name, { calls }) => (limit = calls) };
  const budget = scene.budget(TIER_3, 'test', observer);
  const end = 11 * 60_000;
  for (let at = TIER_3.perMs; at < end; at += 7_000) scene.at(at, () => budget.refused(1_000));
  await scene.clock.runUntil(end);
  expect(limit).toBeLessThan(TIER_3.calls / 2);
  scene.at(2 * end, () => scene.claim(budget, 'a'));
  await scene.clock.runUntil(2 * end);
  expect(limit).toBeGreaterThan(TIER_3.calls * 0.9);
});

test('processes that know nothing of each other learn to share a limit', async () => {
  const scene = new Scene();
  const server = new SlidingWindow(TIER_3);
  const end = 5 * HOUR_MS;
  const processes = [0, 1, 2].map(() => {
    const grants: number[] = [];
    const observer = { ...deaf, granted: () => grants.push(scene.clock.now()) };
    const budget = scene.budget(TIER_3, 'test', observer);
    return { grants, refusals: keepCalling(scene, budget, server, end) };
  });
  await scene.clock.runUntil(end);
  for (const { grants, refusals } of processes) {
    expect(countIn(refusals, end - HOUR_MS, end)).toBeLessThanOrEqual(2);
    expect(countIn(grants, end - HOUR_MS, end)).toBeGreaterThan(50 * 60 * 0.15);
  }
});

test('refusals that come together halve the calls at most', async () => {
  const scene = new Scene();
  const limits: number[] = [];
  const budget = scene.budget(TIER_3, 'test', { ...deaf, limited: (_name, { calls }) => limits.push(calls) });
  await scene.clock.runUntil(TIER_3.perMs);
  for (let refusal = 0; refusal < 10; refusal++) budget.refused(1_000);
  expect(limits).toEqual([25]);
});

test('a single refusal takes half of the calls for minutes, not for an hour', async () => {
  const scene = new Scene();
  const limits: number[] = [];
  const budget = scene.budget(TIER_3, 'test', { ...deaf, limited: (_name, { calls }) => limits.push(calls) });
  await scene.clock.runUntil(TIER_3.perMs);
  budget.refused(1_000);
  scene.at(10 * 60_000, () => scene.claim(budget, 'a'));
  await scene.clock.runUntil(10 * 60_000);
  expect(limits).toEqual([25, 50]);
});

test('after refusals minute by minute, all calls are back within a day', async () => {
  const scene = new Scene();
  const limits: number[] = [];
  const budget = scene.budget(TIER_3, 'test', { ...deaf, limited: (_name, { calls }) => limits.push(calls) });
  for (let refusal = 0; refusal < 20; refusal++) scene.at(refusal * 60_000, () => budget.refused(1_000));
  await scene.clock.runUntil(20 * 60_000);
  expect(limits.at(-1)).toBe(1);
  scene.at(25 * HOUR_MS, () => scene.claim(budget, 'a'));
  await scene.clock.runUntil(25 * HOUR_MS);
  expect(limits.at(-1)).toBe(50);
});

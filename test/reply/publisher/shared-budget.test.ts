import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RateLimit } from '../../../src/reply/publisher/believed-limit.ts';
import type { RateBudget } from '../../../src/reply/publisher/rate-budget.ts';
import { RateBudgets } from '../../../src/reply/publisher/rate-budgets.ts';
import { CHANNEL, Scene, TIER_3 } from './budget-scene.ts';
import { FixedWindow, SlidingWindow, type StrictServer } from './strict-server.ts';

/** Calls as often as a budget lets it, until somebody says that it is over. */
function replica(scene: Scene, limit: RateLimit, server: StrictServer, count: number) {
  const budget = scene.budget(limit);
  budget.share(count);
  const calls = { sent: 0, refused: 0, isOver: false };
  const again = async () => {
    await budget.take({ room: 'all', urgency: () => 1 }, new AbortController().signal);
    if (calls.isOver) return;
    const { retryAfterMs, told } = server.call(scene.clock.now());
    calls.sent++;
    if (told) budget.learn(told);
    if (retryAfterMs !== undefined) {
      calls.refused++;
      budget.refused(retryAfterMs);
    }
    void again();
  };
  void again();
  return { budget, calls };
}

test('processes that share a limit do not exceed it, however many they are, and leave little of it unused', async () => {
  const limits = fc.constantFrom<RateLimit>(
    TIER_3,
    { calls: 3, perMs: 3_000 },
    { calls: 100, perMs: 60_000 },
  );
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 12 }), limits, async (count, limit) => {
      const scene = new Scene();
      const server = new SlidingWindow(limit);
      const all = Array.from({ length: count }, () => replica(scene, limit, server, count).calls);
      const refused = () => all.reduce((sum, calls) => sum + calls.refused, 0);
      await scene.clock.runUntil(limit.perMs * 15);
      // Where there are more processes than calls, their first ones come together and then apart.
      const atFirst = refused();
      if (limit.calls >= count) expect(atFirst).toBe(0);
      await scene.clock.runUntil(limit.perMs * 30);
      expect(refused()).toBe(atFirst);
      const sent = all.reduce((sum, { sent }) => sum + sent, 0);
      const share = limit.calls < count ? limit.calls : Math.floor(limit.calls / count) * count;
      expect(sent).toBeGreaterThan(share * 30 * 0.9);
    }),
    { numRuns: 40 },
  );
});

test('a process that is left alone gets the whole limit, and not what the others have just used', async () => {
  const scene = new Scene();
  const server = new SlidingWindow(TIER_3);
  const [stays, goes] = [replica(scene, TIER_3, server, 2), replica(scene, TIER_3, server, 2)];
  await scene.clock.runUntil(10_000);
  goes.calls.isOver = true;
  stays.budget.share(1);
  await scene.clock.runUntil(600_000);
  expect(stays.calls.refused).toBe(0);
  const before = stays.calls.sent;
  await scene.clock.runUntil(660_000 + 3_000);
  expect(stays.calls.sent - before).toBeGreaterThanOrEqual(49);
});

test('however often others end and begin, a process has the share that it had with most of them', async () => {
  const counts = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(counts, fc.integer({ min: 0, max: 8_000 }), async (counts, apart) => {
      const scene = new Scene();
      const budget = scene.budget(TIER_3);
      for (const [index, count] of counts.entries()) {
        await scene.clock.runUntil(index * apart);
        budget.share(count);
      }
      for (let call = 0; call < TIER_3.calls; call++) scene.claim(budget, 'calls', { room: 'all' });
      await scene.clock.runUntil(counts.length * apart);
      const share = Math.floor(TIER_3.calls / Math.max(...counts));
      expect(scene.times('calls').length).toBeGreaterThanOrEqual(share);
    }),
  );
});

test('what a platform tells in its headers is shared, too', async () => {
  const scene = new Scene();
  const server = new FixedWindow(CHANNEL);
  const all = [0, 1].map(() => replica(scene, CHANNEL, server, 2).calls);
  await scene.clock.runUntil(CHANNEL.perMs * 40);
  for (const { sent, refused } of all) {
    expect(refused).toBe(0);
    expect(sent).toBeGreaterThan(40);
  }
});

test('all budgets of a kind are shared, those that are known and those that come', async () => {
  const scene = new Scene();
  const budgets = new RateBudgets({ name: 'posts', limit: { calls: 10, perMs: 10_000 }, clock: scene.clock });
  const claim = (budget: RateBudget, name: string) => {
    for (let call = 0; call < 20; call++) scene.claim(budget, name, { room: 'all' });
  };
  budgets.of('known').hold();
  budgets.share(3);
  claim(budgets.of('known'), 'known');
  claim(budgets.of('new'), 'new');
  await scene.clock.runUntil(9_999);
  expect([scene.times('known').length, scene.times('new').length]).toEqual([3, 3]);
});

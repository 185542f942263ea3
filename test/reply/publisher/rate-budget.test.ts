import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RateBudget } from '../../../src/reply/publisher/rate-budget.ts';
import { CHANNEL, Scene, TIER_3 } from './budget-scene.ts';

import { settled } from './virtual-clock.ts';

/** The most calls that any window of this length holds, wherever it begins. */
function mostIn(times: readonly number[], perMs: number): number {
  return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + perMs).length));
}

const anyLimit = fc.record({
  calls: fc.integer({ min: 1, max: 12 }),
  perMs: fc.integer({ min: 500, max: 60_000 }),
});
/** In the order in which they go. */
const ROOMS = ['all', 'shared', 'paced'] as const;
const anyRoom = fc.constantFrom(...ROOMS);
const anyArrivals = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 90_000 }),
    room: anyRoom,
    urgency: fc.integer({ min: 0, max: 5 }),
    /** How long after its arrival it is withdrawn. */
    patience: fc.option(fc.integer({ min: 0, max: 30_000 }), { nil: undefined }),
  }),
  { maxLength: 60 },
);

test('however calls arrive, no window ever holds more than the limit, and nobody who waits is forgotten', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyLimit,
      anyArrivals,
      fc.integer({ min: 0, max: 12 }),
      async (limit, arrivals, holds) => {
        const scene = new Scene();
        const budget = scene.budget(limit);
        for (let held = 0; held < holds; held++) budget.hold();
        for (const { at, room, urgency, patience } of arrivals)
          scene.at(at, () => {
            const withdraw = scene.claim(budget, patience === undefined ? 'stays' : 'goes', {
              room,
              urgency: () => urgency,
            });
            if (patience !== undefined) scene.at(at + patience, withdraw);
          });
        await scene.clock.runUntil(90_000 + 61 * 63_000);
        expect(mostIn(scene.times(), limit.perMs)).toBeLessThanOrEqual(limit.calls);
        expect(scene.times('stays').length).toBe(
          arrivals.filter(({ patience }) => patience === undefined).length,
        );
        expect(scene.clock.pending).toBe(0);
      },
    ),
    { numRuns: 60 },
  );
});

test('whenever there is room, the most urgent claim goes, and ends go before news, and news before growth', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 0, max: 999 }), { minLength: 2, maxLength: 20 }),
      fc.func(anyRoom),
      async (urgencies, roomOf) => {
        const scene = new Scene();
        const budget = scene.budget({ calls: 1, perMs: 1_000 });
        scene.claim(budget, 'first');
        for (const urgency of urgencies)
          scene.claim(budget, String(urgency), { room: roomOf(urgency), urgency: () => urgency });
        await scene.clock.runUntil(60_000);
        const rank = (urgency: number) => ROOMS.indexOf(roomOf(urgency));
        const order = [...urgencies].sort((a, b) => rank(a) - rank(b) || b - a);
        expect(scene.names()).toEqual(['first', ...order.map(String)]);
      },
    ),
    { numRuns: 50 },
  );
});

test('replies that write on and on all get their turn, one after the other', async () => {
  const scene = new Scene();
  const budget = scene.budget(CHANNEL);
  for (const name of ['a', 'b', 'c']) scene.keepClaiming(budget, name, 120_000);
  await scene.clock.runUntil(120_000);
  const counts = ['a', 'b', 'c'].map((name) => scene.times(name).length);
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
});

test('news of replies that stand there already go at once but leave what is kept, and growth goes at an even pace', async () => {
  const scene = new Scene();
  const budget = scene.budget(TIER_3);
  for (let open = 0; open < 20; open++) budget.hold();
  for (let reply = 0; reply < 40; reply++) {
    scene.claim(budget, 'news', { room: 'shared' });
    scene.claim(budget, 'growth', { room: 'paced' });
  }
  await scene.clock.runUntil(0);
  expect(scene.times('news')).toHaveLength(TIER_3.calls - 20);
  expect(scene.times('growth')).toHaveLength(0);
  for (let end = 0; end < 20; end++) scene.claim(budget, 'end', { room: 'all' });
  await scene.clock.runUntil(0);
  expect(scene.times('end')).toHaveLength(20);
});

test('an idle budget answers at once', async () => {
  const scene = new Scene();
  const budget = scene.budget(TIER_3);
  scene.claim(budget, 'a');
  await settled();
  expect(scene.grants).toEqual([{ name: 'a', at: 0 }]);
});

test('edits go on evenly for as long as they like, with no silence after the beginning', async () => {
  for (const limit of [TIER_3, CHANNEL, { calls: 100, perMs: 60_000 }]) {
    const scene = new Scene();
    const budget = scene.budget(limit);
    budget.hold();
    scene.keepClaiming(budget, 'a', 600_000);
    await scene.clock.runUntil(600_000);
    const times = scene.times();
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    const even = limit.perMs / (limit.calls - 1);
    expect(Math.max(...gaps)).toBeLessThan(even * 2.5);
    expect(times.length).toBeGreaterThan((600_000 / even) * 0.9);
  }
});

test('of a window of seconds a single reply gets all calls, and six leave one place for an end', async () => {
  const mostOf = async (replies: number) => {
    const scene = new Scene();
    const budget = scene.budget(CHANNEL);
    for (let reply = 0; reply < replies; reply++) {
      budget.hold();
      scene.keepClaiming(budget, String(reply), 120_000);
    }
    await scene.clock.runUntil(120_000);
    return mostIn(scene.times(), CHANNEL.perMs);
  };
  expect(await mostOf(1)).toBe(CHANNEL.calls);
  expect(await mostOf(6)).toBe(CHANNEL.calls - 1);
});

test('a reply in a window of seconds finds room for its end within a second, though another has begun in it', async () => {
  const anyTime = fc.integer({ min: 0, max: 5_000 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 1_000 }), anyTime, async (beginning, writing) => {
      const scene = new Scene();
      const budget = scene.budget(CHANNEL);
      const after = beginning + writing;
      for (let reply = 0; reply < 2; reply++) budget.hold();
      scene.keepClaiming(budget, 'a', after);
      scene.at(beginning, () => scene.claim(budget, 'b', { room: 'all' }));
      scene.at(after, () => scene.claim(budget, 'end', { room: 'all' }));
      await scene.clock.runUntil(after + 1_000);
      expect(scene.times('end').length).toBe(1);
    }),
    { numRuns: 300 },
  );
});

test('the first edits in a quiet workspace come faster than the limit would bear for ever', async () => {
  const scene = new Scene();
  const budget = scene.budget(TIER_3);
  budget.hold();
  scene.keepClaiming(budget, 'a', 10_000);
  await scene.clock.runUntil(10_000);
  expect(scene.times().length).toBeGreaterThan(12);
});

test('when all open replies end at once, all of them find room at once, whatever was shown before', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 3, max: 100 }),
      fc.integer({ min: 30_000, max: 60_000 }),
      fc.double({ min: 0, max: 2 / 3, noNaN: true }),
      fc.integer({ min: 0, max: 150_000 }),
      async (calls, perMs, share, after) => {
        const scene = new Scene();
        const budget = scene.budget({ calls, perMs });
        const replies = Array.from({ length: Math.floor(calls * share) }, (_, index) => `reply ${index}`);
        for (const name of replies) {
          budget.hold();
          scene.keepClaiming(budget, name, after);
        }
        await scene.clock.runUntil(after);
        const edits = scene.grants.length;
        for (const _reply of replies) scene.claim(budget, 'end', { room: 'all' });
        await settled();
        expect(scene.names().slice(edits)).toEqual(replies.map(() => 'end'));
      },
    ),
    { numRuns: 40 },
  );
});

test('a place that is given back is there for others, and giving it back twice changes nothing', async () => {
  const scene = new Scene();
  const budget = scene.budget({ calls: 2, perMs: 60_000 });
  const release = budget.hold();
  scene.claim(budget, 'a');
  scene.claim(budget, 'b');
  await scene.clock.runUntil(50_000);
  expect(scene.names()).toEqual(['a']);
  release();
  release();
  await settled();
  expect(scene.names()).toEqual(['a', 'b']);
  expect(scene.clock.pending).toBe(0);
});

test('however many replies are open, what they show still grows', async () => {
  const scene = new Scene();
  const budget = scene.budget(TIER_3);
  for (let reply = 0; reply < 200; reply++) budget.hold();
  scene.keepClaiming(budget, 'a', 60_000);
  await scene.clock.runUntil(60_000);
  expect(scene.times().length).toBeGreaterThan(10);
});

test('a claim that is withdrawn is not granted and leaves no timer behind', async () => {
  const scene = new Scene();
  const budget = scene.budget({ calls: 1, perMs: 60_000 });
  scene.claim(budget, 'a');
  const signal = AbortSignal.abort();
  expect(await budget.take({ room: 'all', urgency: () => 1 }, signal)).toBe(false);
  const withdraw = scene.claim(budget, 'b');
  await settled();
  expect(scene.clock.pending).toBe(1);
  withdraw();
  await scene.clock.runUntil(200_000);
  expect(scene.names()).toEqual(['a']);
  expect(scene.clock.pending).toBe(0);
});

test('a call under several limits waits for all, and takes room in none of them meanwhile', async () => {
  const scene = new Scene();
  const channel = scene.budget({ calls: 1, perMs: 60_000 }, 'channel');
  const workspace = scene.budget({ calls: 2, perMs: 60_000 }, 'workspace');
  scene.claim(channel, 'channel full', { room: 'all' });
  scene.claim(RateBudget.all(channel, workspace), 'both', { room: 'all' });
  scene.claim(workspace, 'workspace', { room: 'all' });
  scene.claim(workspace, 'workspace too', { room: 'all' });
  await settled();
  expect(scene.names()).toEqual(['channel full', 'workspace', 'workspace too']);
  await scene.clock.runUntil(200_000);
  expect(scene.names().at(-1)).toBe('both');
  expect(scene.clock.pending).toBe(0);
});

test('under several limits no window of any of them holds more than its limit, and nobody is forgotten', async () => {
  const anyCalls = fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: 20_000 }),
      channel: fc.integer({ min: 0, max: 2 }),
      room: anyRoom,
    }),
    { maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(anyLimit, anyLimit, anyCalls, async (perChannel, perWorkspace, calls) => {
      const scene = new Scene();
      const workspace = scene.budget(perWorkspace);
      const channels = [0, 1, 2].map((name) =>
        RateBudget.all(scene.budget(perChannel, String(name)), workspace),
      );
      for (const { at, channel, room } of calls)
        scene.at(at, () => scene.claim(channels[channel] ?? workspace, String(channel), { room }));
      await scene.clock.runUntil(20_000 + 41 * 126_000);
      expect(scene.grants.length).toBe(calls.length);
      expect(mostIn(scene.times(), perWorkspace.perMs)).toBeLessThanOrEqual(perWorkspace.calls);
      for (const name of ['0', '1', '2'])
        expect(mostIn(scene.times(name), perChannel.perMs)).toBeLessThanOrEqual(perChannel.calls);
      expect(scene.clock.pending).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test('a refusal under several limits is put down to the one that is fullest', async () => {
  const scene = new Scene();
  const channel = scene.budget({ calls: 2, perMs: 5_000 }, 'channel');
  const workspace = scene.budget(TIER_3, 'workspace');
  const both = RateBudget.all(workspace, channel);
  scene.claim(both, 'a');
  await settled();
  both.refused(60_000);
  scene.claim(workspace, 'workspace');
  scene.claim(channel, 'channel');
  await scene.clock.runUntil(59_999);
  expect(scene.names()).toEqual(['a', 'workspace']);
});

test('what a budget does is told to its observer', async () => {
  const scene = new Scene();
  const told: unknown[][] = [];
  const observer = {
    granted: (...all: unknown[]) => told.push(['granted', ...all]),
    refused: (...all: unknown[]) => told.push(['refused', ...all]),
    waiting: (...all: unknown[]) => told.push(['waiting', ...all]),
    limited: (...all: unknown[]) => told.push(['limited', ...all]),
  };
  const budget = new RateBudget({
    name: 'edits',
    limit: { calls: 2, perMs: 1_000 },
    clock: scene.clock,
    observer,
  });
  await scene.clock.runUntil(1_000);
  scene.claim(budget, 'a', { room: 'all' });
  budget.refused(300);
  scene.claim(budget, 'b');
  await scene.clock.runUntil(1_300);
  expect(told).toEqual([
    ['waiting', 'edits', 1],
    ['waiting', 'edits', -1],
    ['granted', 'edits', 'all', 0],
    ['refused', 'edits', 300],
    ['limited', 'edits', { calls: 1, perMs: 1_000 }],
    ['waiting', 'edits', 1],
    ['waiting', 'edits', -1],
    ['granted', 'edits', 'paced', 300],
  ]);
});

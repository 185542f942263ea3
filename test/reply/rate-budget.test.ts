import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RateLimit } from '../../src/reply/allowance.ts';
import type { Budget, Claim } from '../../src/reply/budget.ts';
import { RateBudget } from '../../src/reply/rate-budget.ts';
import { FixedWindow, LeakyBucket, SlidingWindow } from './strict-server.ts';
import { settled, VirtualClock } from './virtual-clock.ts';

const TIER_3: RateLimit = { calls: 50, perMs: 60_000 };
const CHANNEL: RateLimit = { calls: 5, perMs: 5_000 };

/** A budget, and what it granted: names with the times. */
class Scene {
  readonly clock = new VirtualClock();
  readonly grants: { name: string; at: number }[] = [];

  budget(limit: RateLimit, name = 'test'): RateBudget {
    return new RateBudget({ name, limit, clock: this.clock });
  }

  /** Claims a call; the function that it gives back withdraws the claim. */
  claim(budget: Budget, name: string, claim: Partial<Claim> = {}): () => void {
    const withdrawn = new AbortController();
    void budget
      .take({ essential: false, urgency: () => 1, ...claim }, withdrawn.signal)
      .then((granted) => granted && this.grants.push({ name, at: this.clock.now() }));
    return () => withdrawn.abort();
  }

  /** Claims again and again, as a reply does that always has something new to show. */
  keepClaiming(budget: Budget, name: string, until: number): void {
    const shown = { at: this.clock.now() };
    const again = async () => {
      const urgency = () => this.clock.now() - shown.at;
      await budget.take({ essential: false, urgency }, new AbortController().signal);
      shown.at = this.clock.now();
      this.grants.push({ name, at: shown.at });
      if (shown.at < until) void again();
    };
    void again();
  }

  at(time: number, task: () => void): void {
    this.clock.after(time - this.clock.now(), task);
  }

  names(): string[] {
    return this.grants.map(({ name }) => name);
  }

  times(name?: string): number[] {
    return this.grants.filter((grant) => name === undefined || grant.name === name).map(({ at }) => at);
  }
}

/** The most calls that any window of this length holds, wherever it begins. */
function mostIn(times: readonly number[], perMs: number): number {
  return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + perMs).length));
}

const anyLimit = fc.record({
  calls: fc.integer({ min: 1, max: 12 }),
  perMs: fc.integer({ min: 500, max: 60_000 }),
});
const anyArrivals = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 90_000 }),
    essential: fc.boolean(),
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
        for (const { at, essential, urgency, patience } of arrivals)
          scene.at(at, () => {
            const withdraw = scene.claim(budget, patience === undefined ? 'stays' : 'goes', {
              essential,
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

test('whenever there is room, the most urgent claim goes, and essential ones go before all others', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 0, max: 999 }), { minLength: 2, maxLength: 20 }),
      fc.func(fc.boolean()),
      async (urgencies, isEssential) => {
        const scene = new Scene();
        const budget = scene.budget({ calls: 1, perMs: 1_000 });
        scene.claim(budget, 'first');
        for (const urgency of urgencies)
          scene.claim(budget, String(urgency), { essential: isEssential(urgency), urgency: () => urgency });
        await scene.clock.runUntil(60_000);
        const order = [...urgencies].sort((a, b) => Number(isEssential(b)) - Number(isEssential(a)) || b - a);
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
        for (const _reply of replies) scene.claim(budget, 'end', { essential: true });
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
  expect(await budget.take({ essential: true, urgency: () => 1 }, signal)).toBe(false);
  const withdraw = scene.claim(budget, 'b');
  await settled();
  expect(scene.clock.pending).toBe(1);
  withdraw();
  await scene.clock.runUntil(200_000);
  expect(scene.names()).toEqual(['a']);
  expect(scene.clock.pending).toBe(0);
});

test('a refusal stops all calls for as long as the platform says, and then fewer go', async () => {
  const scene = new Scene();
  const budget = scene.budget(CHANNEL);
  for (let call = 0; call < 3; call++) scene.claim(budget, 'early', { essential: true });
  await settled();
  budget.refused(7_000);
  for (let call = 0; call < 4; call++) scene.claim(budget, 'late', { essential: true });
  await scene.clock.runUntil(6_999);
  expect(scene.times('late')).toEqual([]);
  await scene.clock.runUntil(7_000);
  expect(scene.times('late')).toEqual([7_000, 7_000, 7_000]);
});

test('a refusal that does not say for how long stops calls for a second', async () => {
  const scene = new Scene();
  const budget = scene.budget(CHANNEL);
  budget.refused(Number.NaN);
  scene.claim(budget, 'a');
  await scene.clock.runUntil(2_000);
  expect(scene.times()).toEqual([1_000]);
});

test('a limit that is lower than documented is learned from a few refusals, and tried again ever more seldom', async () => {
  const scene = new Scene();
  const budget = scene.budget(TIER_3);
  const server = new SlidingWindow({ calls: 20, perMs: 60_000 });
  const hour = 3_600_000;
  const refusals: number[] = [];
  const again = async () => {
    await budget.take({ essential: false, urgency: () => 1 }, new AbortController().signal);
    const { retryAfterMs } = server.call(scene.clock.now());
    if (retryAfterMs !== undefined) budget.refused(retryAfterMs);
    if (retryAfterMs !== undefined) refusals.push(scene.clock.now());
    if (scene.clock.now() < 5 * hour) void again();
  };
  void again();
  await scene.clock.runUntil(5 * hour);
  const refusalsIn = (from: number, to: number) => refusals.filter((at) => at >= from && at < to).length;
  expect(refusalsIn(0, 5 * 60_000)).toBeLessThanOrEqual(3);
  expect(refusalsIn(hour, 2 * hour)).toBeLessThanOrEqual(2);
  expect(refusalsIn(4 * hour, 5 * hour)).toBeLessThanOrEqual(1);
});

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
            await budget.take({ essential: false, urgency: () => 1 }, new AbortController().signal);
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
            .take({ essential: true, urgency: () => 1 }, new AbortController().signal)
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
  for (let call = 0; call < 5; call++) scene.claim(budget, 'a', { essential: true });
  await settled();
  expect(scene.times()).toEqual([0, 0, 0, 0, 0]);
});

test('refusals that come together halve the calls at most, and they come back', async () => {
  const scene = new Scene();
  const limits: number[] = [];
  const observer = {
    granted: () => {},
    refused: () => {},
    waiting: () => {},
    limited: (_name: string, { calls }: RateLimit) => limits.push(calls),
  };
  const budget = new RateBudget({ name: 'test', limit: TIER_3, clock: scene.clock, observer });
  for (let refusal = 0; refusal < 10; refusal++) budget.refused(1_000);
  expect(limits).toEqual([25]);
  scene.keepClaiming(budget, 'a', 30 * 3_600_000);
  await scene.clock.runUntil(30 * 3_600_000);
  expect(limits.at(-1)).toBe(50);
});

test('what other processes used up is taken from the headers', async () => {
  const scene = new Scene();
  const budget = scene.budget(CHANNEL);
  scene.claim(budget, 'a', { essential: true });
  await settled();
  budget.learn({ limit: 5, remaining: 1, resetAfterMs: 3_000 });
  for (let call = 0; call < 3; call++) scene.claim(budget, 'b', { essential: true });
  await scene.clock.runUntil(2_999);
  expect(scene.times('b')).toEqual([0]);
  await scene.clock.runUntil(3_000);
  expect(scene.times('b')).toEqual([0, 3_000, 3_000]);
});

test('another limit than the documented one is taken from the headers', async () => {
  const scene = new Scene();
  const budget = scene.budget(CHANNEL);
  scene.claim(budget, 'a', { essential: true });
  await settled();
  budget.learn({ limit: 2, remaining: 1, resetAfterMs: 10_000 });
  for (let call = 0; call < 4; call++) scene.claim(budget, 'b', { essential: true });
  await scene.clock.runUntil(30_000);
  expect(scene.times('b')).toEqual([0, 10_000, 10_500, 20_500]);
});

test('a call under several limits waits for all, and takes room in none of them meanwhile', async () => {
  const scene = new Scene();
  const channel = scene.budget({ calls: 1, perMs: 60_000 }, 'channel');
  const workspace = scene.budget({ calls: 2, perMs: 60_000 }, 'workspace');
  scene.claim(channel, 'channel full', { essential: true });
  scene.claim(RateBudget.all(channel, workspace), 'both', { essential: true });
  scene.claim(workspace, 'workspace', { essential: true });
  scene.claim(workspace, 'workspace too', { essential: true });
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
      essential: fc.boolean(),
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
      for (const { at, channel, essential } of calls)
        scene.at(at, () => scene.claim(channels[channel] ?? workspace, String(channel), { essential }));
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
  scene.claim(budget, 'a', { essential: true });
  budget.refused(300);
  scene.claim(budget, 'b');
  await scene.clock.runUntil(300);
  expect(told).toEqual([
    ['waiting', 'edits', 1],
    ['waiting', 'edits', -1],
    ['granted', 'edits', true, 0],
    ['refused', 'edits', 300],
    ['limited', 'edits', { calls: 1, perMs: 1_000 }],
    ['waiting', 'edits', 1],
    ['waiting', 'edits', -1],
    ['granted', 'edits', false, 300],
  ]);
});

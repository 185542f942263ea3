import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { HourlyTurns } from '../../../src/conversation/limits/hourly-turns.ts';
import { memoryStore } from '../../../src/store/sqlite/store.ts';

const HOUR_MS = 3_600_000;

afterEach(() => void vi.useRealTimers());

test('whoever counts, nobody has more turns within any hour than they may, and each who may has one', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const asked = fc.record({
    pauseMs: fc.nat(HOUR_MS / 2),
    process: fc.nat(2),
    person: fc.constantFrom('a', 'b'),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(asked, { maxLength: 40 }),
      fc.integer({ min: 1, max: 4 }),
      async (all, limit) => {
        const store = memoryStore();
        const processes = [0, 1, 2].map(() => new HourlyTurns(store, limit));
        const taken: { person: string; at: number }[] = [];
        for (const [number, { pauseMs, process, person }] of all.entries()) {
          vi.setSystemTime(Date.now() + pauseMs);
          const now = Date.now();
          const within = taken.filter((one) => one.person === person && one.at > now - HOUR_MS);
          const freeAt = await processes[process]?.take(person, String(number), false);
          if (within.length < limit) expect(freeAt).toBeUndefined();
          else expect(freeAt).toBe(Math.min(...within.map(({ at }) => at)) + HOUR_MS);
          if (freeAt === undefined) taken.push({ person, at: now });
        }
        await store.close();
      },
    ),
    { numRuns: 60 },
  );
});

test('at the same time in two processes no turn is given twice, and a turn that is taken over is not counted again', async () => {
  const store = memoryStore();
  const [one, two] = [new HourlyTurns(store, 5), new HourlyTurns(store, 5)];
  const turns = Array.from({ length: 10 }, (_, number) => String(number));
  const given = await Promise.all(turns.map((turn, at) => (at % 2 ? one : two).take('ann', turn, false)));
  const had = turns.filter((_, at) => given[at] === undefined);
  expect(had).toHaveLength(5);
  expect(await one.take('ann', had[0] ?? '', true)).toBeUndefined();
  expect(await new HourlyTurns(store, 5).take('ann', had[4] ?? '', true)).toBeUndefined();
  expect(await two.take('ann', 'another', true)).toBeDefined();
  await store.close();
});

test('turns that a wrong clock has dated into the future keep nobody out', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const store = memoryStore();
  const right = Date.now();
  vi.setSystemTime(right + 400 * 24 * HOUR_MS);
  expect(await new HourlyTurns(store, 1).take('ann', 'one', false)).toBeUndefined();
  vi.setSystemTime(right);
  expect(await new HourlyTurns(store, 1).take('ann', 'two', false)).toBeUndefined();
  expect(await new HourlyTurns(store, 1).take('ann', 'three', false)).toBeDefined();
  await store.close();
});

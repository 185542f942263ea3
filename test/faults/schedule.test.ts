import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Event, rollingRestart, type Situation, schedule } from './schedule.ts';

const weights = [[1, 'something']] as const;

const situations: fc.Arbitrary<Situation> = fc.record({
  seed: fc.nat(),
  faults: fc.integer({ min: 1, max: 80 }),
  platforms: fc.subarray(['slack', 'discord'] as const, { minLength: 1 }),
  replicas: fc.integer({ min: 1, max: 4 }),
  hasDatabase: fc.boolean(),
  pace: fc.constantFrom(0.25, 1),
  modelFaults: fc.constant(weights),
  platformFaults: fc.constant({ slack: weights, discord: weights }),
});

const isQuestion = (event: Event) => event.type === 'ask';

test('a plan has as many faults as are asked for, among questions, in the order of time, and comes again from its seed', () => {
  fc.assert(
    fc.property(situations, (situation) => {
      const plan = schedule(situation);
      expect(plan.filter((event) => !isQuestion(event))).toHaveLength(situation.faults);
      expect(plan.some(isQuestion)).toBe(true);
      expect(plan.map(({ at }) => at)).toEqual(
        plan.map(({ at }) => at).toSorted((one, other) => one - other),
      );
      expect(schedule(situation)).toEqual(plan);
    }),
  );
});

test('one process or the database is struck at a time, and has its pause behind it before the next one is', () => {
  fc.assert(
    fc.property(situations, (situation) => {
      const strikes = schedule(situation).flatMap((event) =>
        event.type === 'process' || event.type === 'database'
          ? [{ at: event.at, until: event.at + event.downMs }]
          : [],
      );
      for (const [index, { at }] of strikes.entries())
        expect(at).toBeGreaterThan(strikes[index - 1]?.until ?? Number.NEGATIVE_INFINITY);
    }),
  );
});

test('a rolling restart strikes each process once, with people asking before, between and after', () => {
  fc.assert(
    fc.property(situations, (situation) => {
      const plan = rollingRestart(situation, 10_000);
      const restarts = plan.flatMap((event, index) =>
        event.type === 'process' ? [{ ...event, index }] : [],
      );
      expect(restarts.map(({ replica }) => replica)).toEqual(
        Array.from({ length: situation.replicas }, (_, n) => n),
      );
      const ends = [-1, ...restarts.map(({ index }) => index), plan.length];
      for (const [index, end] of ends.slice(1).entries()) expect(end - (ends[index] ?? 0)).toBeGreaterThan(1);
    }),
  );
});

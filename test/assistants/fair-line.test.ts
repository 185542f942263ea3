import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FairLine } from '../../src/assistants/fair-line.ts';

const PARTIES = ['a', 'b', 'c'];

type Step = { type: 'join' | 'end'; party: string } | { type: 'next' } | { type: 'leave'; which: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('join' as const), party: fc.constantFrom(...PARTIES) }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('next' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('end' as const), party: fc.constantFrom(...PARTIES) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('leave' as const), which: fc.nat(9) }) },
);

interface Item {
  party: string;
  number: number;
}

test('whatever comes and goes, next is who has least at work, each party in its order and within its limit', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 3 }), (steps, most) => {
      const line = new FairLine<Item>(most);
      const waiting: Item[] = [];
      const atWork = new Map(PARTIES.map((party) => [party, 0]));
      const workOf = ({ party }: Item) => atWork.get(party) ?? 0;
      for (const [number, one] of steps.entries()) {
        if (one.type === 'join') {
          const item = { party: one.party, number };
          line.join(one.party, item);
          waiting.push(item);
        } else if (one.type === 'leave') {
          const [item] = waiting.splice(one.which % Math.max(1, waiting.length), 1);
          if (item) line.leave(item);
        } else if (one.type === 'end') {
          const work = atWork.get(one.party) ?? 0;
          if (work > 0) line.end(one.party);
          atWork.set(one.party, Math.max(0, work - 1));
        } else {
          const next = line.next();
          const mayGo = waiting.filter((item) => workOf(item) < most);
          expect(next === undefined).toBe(mayGo.length === 0);
          if (!next) continue;
          expect(workOf(next)).toBe(Math.min(...mayGo.map(workOf)));
          expect(next).toBe(waiting.find(({ party }) => party === next.party));
          waiting.splice(waiting.indexOf(next), 1);
          atWork.set(next.party, workOf(next) + 1);
        }
        expect(line.length).toBe(waiting.length);
      }
    }),
  );
});

test('however many one party brings, another one waits for no more than one of them', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(200), (crowd, before) => {
      const line = new FairLine<string>();
      for (let count = 0; count < crowd; count++) line.join('crowd', 'crowd');
      // One place, which is free again as soon as its work is done.
      for (let served = 0; served < Math.min(before, crowd - 1); served++) {
        expect(line.next()).toBe('crowd');
        line.end('crowd');
      }
      line.join('other', 'other');
      const next = [line.next(), line.next()];
      expect(next).toContain('other');
    }),
  );
});

test('who may not go is passed over, and is not forgotten', () => {
  const line = new FairLine<string>();
  for (const item of ['a', 'b']) line.join(item, item);
  expect(line.next((item) => item !== 'a')).toBe('b');
  expect(line.next()).toBe('a');
  expect(line.next()).toBeUndefined();
});

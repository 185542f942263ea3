import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FairOrder } from '../../../src/reply/publisher/fair-order.ts';
import { Scene } from './budget-scene.ts';

/** Of several who are in the same round, the test says who goes. */
function serveOne(order: FairOrder, people: readonly string[], which: number): string {
  const first = Math.min(...people.map((person) => order.roundOf(person)));
  const next = people.filter((person) => order.roundOf(person) === first);
  const served = next[which % next.length] ?? '';
  order.served(served);
  return served;
}

test('whoever comes and goes, two people who both wait have had the same number of calls meanwhile, or one more', () => {
  const presence = fc.array(fc.subarray(['a', 'b', 'c', 'd'], { minLength: 1 }), {
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(presence, fc.array(fc.nat(9), { minLength: 12, maxLength: 60 }), (phases, choices) => {
      const order = new FairOrder();
      for (const people of phases) {
        const had = new Map(people.map((person) => [person, 0]));
        for (const which of choices) {
          const served = serveOne(order, people, which);
          had.set(served, (had.get(served) ?? 0) + 1);
          // Who was served just before the phase began may still wait for their next round.
          expect(Math.max(...had.values()) - Math.min(...had.values())).toBeLessThanOrEqual(2);
        }
      }
    }),
  );
});

const WINDOW = { calls: 4, perMs: 1_000 };

test('a crowd of one person’s replies keeps another one’s first text and last edit waiting for no call, wherever they come in', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 0, max: 20_000 }),
      async (crowd, at) => {
        const scene = new Scene();
        const budget = scene.budget(WINDOW);
        for (let number = 0; number < crowd; number++)
          scene.claim(budget, 'crowd', { room: 'all', urgency: () => 1e9, reply: { person: 'crowd' } });
        scene.at(at, () => void scene.claim(budget, 'other', { room: 'all', reply: { person: 'other' } }));
        await scene.clock.runUntil(120_000);
        expect(scene.times('crowd')).toHaveLength(crowd);
        const [served] = scene.times('other');
        expect(served).toBe(at);
      },
    ),
    { numRuns: 100 },
  );
});

test('who has one reply may use all of a window, and so may many people with one each', async () => {
  const scene = new Scene();
  const budget = scene.budget(WINDOW);
  const reply = { person: 'ann' };
  for (let call = 0; call < 4; call++) scene.claim(budget, 'ann', { room: 'all', reply });
  await scene.clock.runUntil(0);
  expect(scene.times('ann')).toEqual([0, 0, 0, 0]);
  await scene.clock.runUntil(10_000);
  for (const person of ['a', 'b', 'c', 'd']) scene.claim(budget, person, { room: 'all', reply: { person } });
  await scene.clock.runUntil(10_000);
  expect(scene.names().slice(4)).toEqual(['a', 'b', 'c', 'd']);
});

test('two crowds have the same, one call after the other', async () => {
  const scene = new Scene();
  const budget = scene.budget(WINDOW);
  for (const person of ['one', 'two'])
    for (let number = 0; number < 20; number++)
      scene.claim(budget, person, { room: 'all', reply: { person } });
  await scene.clock.runUntil(60_000);
  expect(scene.names().slice(0, 3)).toEqual(['one', 'one', 'one']);
  expect(scene.names()).toHaveLength(40);
  // Three were granted before anybody else had come, for which nobody is made to wait afterwards.
  for (let served = 3; served <= 3 + 2 * 17; served++) {
    const names = scene.names().slice(3, served);
    const ofOne = names.filter((name) => name === 'one').length;
    expect(Math.abs(2 * ofOne - names.length)).toBeLessThanOrEqual(1);
  }
});

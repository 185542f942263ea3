import { expect, test } from 'vitest';
import { RateBudgets } from '../../../src/reply/publisher/rate-budgets.ts';
import { Scene } from './budget-scene.ts';
import { VirtualClock } from './virtual-clock.ts';

function open() {
  const clock = new VirtualClock();
  return { clock, budgets: new RateBudgets({ name: 'messages', limit: { calls: 5, perMs: 5_000 }, clock }) };
}

test('a key has one budget, and other keys have others', () => {
  const { budgets } = open();
  expect(budgets.of('C1')).toBe(budgets.of('C1'));
  expect(budgets.of('C2')).not.toBe(budgets.of('C1'));
});

test('a budget is remembered while a reply holds a place in it, or what it learned still matters', () => {
  const { budgets } = open();
  const held = budgets.of('held');
  held.hold();
  const refused = budgets.of('refused');
  refused.refused(1_000);
  for (let channel = 0; channel < 10_000; channel++) budgets.of(String(channel));
  expect(budgets.of('held')).toBe(held);
  expect(budgets.of('refused')).toBe(refused);
});

test('budgets that nobody uses any more take no memory', () => {
  const { budgets } = open();
  for (let channel = 0; channel < 10_000; channel++) budgets.of(String(channel));
  expect(budgets.size).toBeLessThan(300);
});

/** A kind that is tried with ten calls in 10 s, and keeps to three in 3 s once it was refused. */
function guessing() {
  const scene = new Scene();
  const { clock } = scene;
  const [limit, refusedLimit] = [
    { calls: 10, perMs: 10_000 },
    { calls: 3, perMs: 3_000 },
  ];
  const budgets = new RateBudgets({ name: 'posts', limit, refusedLimit, clock });
  const claim = (key: string, count: number) => {
    for (let call = 0; call < count; call++) scene.claim(budgets.of(key), key, { room: 'all' });
  };
  return { scene, clock, budgets, claim };
}

test('until a first refusal each key takes the whole burst at once', async () => {
  const { scene, clock, claim } = guessing();
  claim('C1', 12);
  claim('C2', 10);
  await clock.runUntil(9_000);
  expect([scene.times('C1').length, scene.times('C2').length]).toEqual([10, 10]);
});

test('one refusal teaches all keys, those that are known and those that come, for good', async () => {
  const { scene, clock, budgets, claim } = guessing();
  claim('known', 2);
  await clock.runUntil(1);
  budgets.of('C1').refused(1_000);
  claim('known', 8);
  claim('new', 10);
  await clock.runUntil(2_999);
  expect([scene.times('known').length, scene.times('new').length]).toEqual([3, 3]);
  await clock.runUntil(3_600_000);
  claim('much later', 10);
  await clock.runUntil(3_602_999);
  expect(scene.times('much later')).toHaveLength(3);
});

test('what went before a refusal counts by the stricter limit, so that nothing waits for the longer window', async () => {
  const { scene, clock, budgets, claim } = guessing();
  claim('C1', 5);
  await clock.runUntil(1);
  // Two of the five: three are what was taken.
  budgets.of('C1').refused(3_000);
  budgets.of('C1').refused(3_000);
  claim('C1', 2);
  await clock.runUntil(3_200);
  expect(scene.times('C1')).toHaveLength(7);
});

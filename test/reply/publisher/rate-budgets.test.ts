import { expect, test } from 'vitest';
import { RateBudgets } from '../../../src/reply/publisher/rate-budgets.ts';
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

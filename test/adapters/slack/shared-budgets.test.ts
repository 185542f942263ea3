import { expect, test } from 'vitest';
import { Budgets } from '../../../adapters/slack/budgets.ts';
import type { Budget, Replicas } from '../../../src/budget.ts';

/** How many calls may go at once. */
async function room(budget: Budget): Promise<number> {
  let granted = 0;
  const withdrawn = new AbortController();
  const claims = Array.from({ length: 400 }, () =>
    budget.take({ urgency: () => 1, room: 'all' }, withdrawn.signal).then((goes) => {
      if (goes) granted++;
    }),
  );
  await Promise.resolve();
  withdrawn.abort();
  await Promise.all(claims);
  return granted;
}

function quotaOf(quota: { take(): boolean }): number {
  let taken = 0;
  while (quota.take()) taken++;
  return taken;
}

function sharedBy(count: number) {
  const listeners = new Set<(count: number) => void>();
  const replicas: Replicas = {
    count,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const becomes = (next: number) => {
    for (const listener of listeners) listener(next);
  };
  return { budgets: new Budgets({ replicas }), becomes, listeners };
}

test('each process has its share of every limit of the workspace that several use at a time', async () => {
  const { budgets } = sharedBy(3);
  expect(await room(budgets.update)).toBe(16);
  expect(await room(budgets.appendStream)).toBe(33);
  expect(await room(budgets.replies)).toBe(16);
  expect(await room(budgets.history)).toBe(50);
  expect(await room(budgets.posts('C1'))).toBe(3);
  expect(quotaOf(budgets.streams)).toBe(5);
  expect(quotaOf(budgets.sessions)).toBe(7);
});

test('a share changes as processes come and go, until the adapter is closed', async () => {
  const { budgets, becomes, listeners } = sharedBy(1);
  expect(await room(budgets.startStream)).toBe(20);
  becomes(2);
  expect(await room(budgets.update)).toBe(25);
  expect(await room(budgets.posts('C1'))).toBe(5);
  becomes(50);
  expect(await room(budgets.stopStream)).toBe(1);
  budgets.close();
  expect(listeners.size).toBe(0);
});

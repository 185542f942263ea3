import { expect, test } from 'vitest';
import { Recovery } from './recovery.ts';

test('a reply that stood still is timed from where its process could go on to its next change, once', () => {
  const recovery = new Recovery();
  recovery.killed(['one', 'two']);
  recovery.changed('one', 90);
  recovery.counts(100);
  recovery.changed('three', 110);
  recovery.changed('one', 350);
  recovery.changed('one', 400);
  recovery.changed('two', 900);
  expect(recovery.times).toEqual([250, 800]);
});

test('a reply that is struck again before tells nothing', () => {
  const recovery = new Recovery();
  recovery.killed(['one', 'two']);
  recovery.counts(100);
  recovery.changed('one', 150);
  recovery.disturbed();
  recovery.changed('two', 5_000);
  expect([recovery.times, recovery.interrupted]).toEqual([[50], 1]);
});

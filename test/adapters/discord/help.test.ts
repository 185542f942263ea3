import { expect, test } from 'vitest';
import { helpText } from '../../../adapters/discord/incoming/help.ts';

test.each([0, 1])('examples that do not fit into one message are cut between characters (%i)', (shift) => {
  const text = helpText([{ title: 'Long', message: 'x'.repeat(shift) + '🧵'.repeat(2_000) }]);
  expect(text.length).toBeLessThanOrEqual(2_000);
  expect(text.isWellFormed()).toBe(true);
  expect(text).not.toContain('\ufffd');
  expect(text.endsWith('…')).toBe(true);
});

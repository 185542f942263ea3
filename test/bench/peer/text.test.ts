import fc from 'fast-check';
import { expect, test } from 'vitest';
import { missing, numbered, words } from './text.ts';

test('a text has the characters that were asked for, and numbers that follow one another', () => {
  fc.assert(
    fc.property(fc.integer({ min: 5, max: 20_000 }), (characters) => {
      const text = numbered(characters);
      const numbers = words(text);
      expect(text).toHaveLength(characters);
      expect(text).toMatch(/\d{4}$/);
      expect(numbers).toEqual(numbers.map((_, index) => 1_000 + index));
    }),
  );
});

test.each([
  ['all of it in one message', ['1000 1001 1002 1003'], 0],
  ['all of it in two messages, with a button', ['1000 1001', '1002 1003\n[Regenerate]'], 0],
  ['the words of another reply before it', ['6000 6001', '1000 1001 1002 1003'], 0],
  ['the end lacking', ['1000 1001 1002...'], 1],
  ['a word lacking in the middle', ['1000 1001 1003'], 1],
  ['a draft beside the final text', ['1000 1001', '1000 1001 1002 1003'], 2],
  ['two messages in the wrong order', ['1002 1003', '1000 1001'], 1],
  ['nothing', [], 4],
])('what is missing of a text: %s', (_, shown, expected) => {
  expect(missing('1000 1001 1002 1003', shown)).toBe(expected);
});

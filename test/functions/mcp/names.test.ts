import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fits, functionName } from '../../../src/functions/mcp/names.ts';

test.each([
  ['wiki', 'search', 'wiki__search'],
  ['wiki', 'get-page_2', 'wiki__get-page_2'],
  ['wiki', 'pages.search', /^wiki__pages_search_[\da-f]{6}$/],
  ['wiki', 'Seite löschen', /^wiki__Seite_l_schen_[\da-f]{6}$/],
  ['wiki', 'x'.repeat(100), /^wiki__x{51}_[\da-f]{6}$/],
])('a tool of %s named %s is %s to the model', (server, tool, name) => {
  expect(functionName(server, tool)).toEqual(typeof name === 'string' ? name : expect.stringMatching(name));
});

const server = fc.stringMatching(/^[a-z\d]{1,10}(-[a-z\d]{1,10})?$/);

test('every name is valid for the API, and two tools are never one', () => {
  const tool = fc.string({ unit: 'binary', minLength: 1, maxLength: 90 });
  fc.assert(
    fc.property(server, server, tool, tool, (one, other, a, b) => {
      expect(functionName(one, a)).toMatch(/^[\w-]{1,64}$/);
      fc.pre(one !== other || a !== b);
      expect(functionName(one, a)).not.toBe(functionName(other, b));
    }),
  );
});

test.each([
  ['search', 'search', true],
  ['search', 'searches', false],
  ['*', 'anything', true],
  ['get_*', 'get_page', true],
  ['get_*', 'forget_page', false],
  ['*_page', 'get_page', true],
  ['a*b*c', 'a1b2c', true],
  ['a*b*c', 'abc', true],
  ['a*b*c', 'acb', false],
  ['ab*ba', 'aba', false],
  ['a.c', 'abc', false],
])('%s stands for %s: %s', (pattern, tool, expected) => {
  expect(fits(pattern, tool)).toBe(expected);
});

test('a pattern that is made from a name stands for it', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-c]{0,4}$/), { minLength: 1, maxLength: 5 }), (parts) => {
      expect(fits(parts.join('*'), parts.join('c'))).toBe(true);
    }),
  );
});

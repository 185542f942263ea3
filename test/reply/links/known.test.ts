import { expect, test } from 'vitest';
import { isOfHosts, keyOf } from '../../../src/reply/links/address.ts';
import { keysIn, keysOfCall } from '../../../src/reply/links/known.ts';

test.each([
  ['https://Wiki.Example.com/a/', 'http://wiki.example.com/a'],
  ['wiki.example.com', 'https://wiki.example.com:443/'],
  ['https://bücher.example/', 'https://xn--bcher-kva.example'],
  ['ann@Example.com', 'MAILTO:ann@example.com'],
  ['https://a.example/b/../c', 'https://a.example/c'],
])('%s and %s are one address', (one, other) => {
  expect(keyOf(one)).toBeDefined();
  expect(keyOf(one)).toBe(keyOf(other));
});

test.each([
  ['https://a.example/b', 'https://a.example/b?c=1'],
  ['https://a.example/b', 'https://a.example/b#c'],
  ['https://a.example/b', 'https://a.example/B'],
  ['https://a.example/b', 'https://a.example:8443/b'],
  ['https://a.example/b', 'https://x.a.example/b'],
  ['https://a.example/b?c=1', 'https://a.example/b?c=2'],
  ['ann@example.com', 'mailto:ann@example.com?body=x'],
])('%s and %s are two', (one, other) => {
  expect(keyOf(one)).not.toBe(keyOf(other));
});

test.each([
  'https://bank.com@evil.example/',
  'https://a:b@c.example/',
  'https://a.example\u200b/',
  'https://a.ex\u00adample/',
  'https://a.example\\@evil.example',
  'javascript:alert(1)',
  'data:text/html,x',
  'slack://channel?id=C1',
  'discord://-/x',
  'ftp://a.example/',
  'https://',
])('%s is no link, whoever wrote it', (address) => {
  expect(keyOf(address)).toBeUndefined();
  expect(isOfHosts(address, ['a.example', 'evil.example', 'c.example'])).toBe(false);
});

test.each([
  ['(see https://a.example/b).', 'https://a.example/b'],
  ['{"url":"https://a.example/b?c=1\\u0026d=2","n":1}', 'https://a.example/b?c=1&d=2'],
  ['"https:\\/\\/a.example\\/b"', 'https://a.example/b'],
  ['<a href="https://a.example/b?c=1&amp;d=2">x</a>', 'https://a.example/b?c=1&d=2'],
  ["['https://a.example/b', 2]", 'https://a.example/b'],
  ['[it](https://a.example/b) and more', 'https://a.example/b'],
  ['| https://a.example/b | c |', 'https://a.example/b'],
  ['**https://a.example/b**', 'https://a.example/b'],
  ['https://en.example/Tax_(law)', 'https://en.example/Tax_(law)'],
  ['look at a.example/b, please', 'https://a.example/b'],
  ['write to ann@a.example.', 'ann@a.example'],
  ['README.md', 'readme.md'],
])('%j makes %s known', (text, address) => {
  expect(keysIn(text).has(keyOf(address) ?? '')).toBe(true);
});

test('what is known with a query is not known with another, or without', () => {
  const keys = keysIn('https://a.example/b?c=1');
  expect([...keys]).toEqual([keyOf('https://a.example/b?c=1')]);
});

test('a tool’s output makes known what its input does not have; code, what is not of a host that it names', () => {
  const fetched = { type: 'function' as const, index: 0, id: 'c', name: 'fetch' };
  const page = {
    ...fetched,
    arguments: '{"url":"https://a.example/1"}',
    output: 'https://a.example/1 https://a.example/2',
  };
  const logs = [{ index: 0, type: 'logs' as const, logs: 'https://evil.example/SECRET https://a.example/3' }];
  const code = {
    type: 'code_interpreter' as const,
    index: 1,
    id: 'd',
    input: 'u = "https://evil.example/"',
    outputs: logs,
  };
  expect([...keysOfCall(page), ...keysOfCall(code)]).toEqual(['//a.example/2', '//a.example/3']);
});

import { expect, test } from 'vitest';
import { MessageReader } from '../../../adapters/console/input.ts';

function read(lines: string[]): string[] {
  const reader = new MessageReader();
  const messages = lines.map((line) => reader.push(line)).filter((message) => message !== undefined);
  const rest = reader.end();
  return rest ? [...messages, rest] : messages;
}

test('every line is a message', () => {
  expect(read(['one', '', 'two'])).toEqual(['one', '', 'two']);
});

test('a fenced block is one message with its fences', () => {
  expect(read(['a', '```python', 'x = 1', '', 'print(x)', '```', 'b'])).toEqual([
    'a',
    '```python\nx = 1\n\nprint(x)\n```',
    'b',
  ]);
});

test('a block ends only at a fence of its own kind and length', () => {
  expect(read(['````', '```', '~~~', '`````', 'after'])).toEqual(['````\n```\n~~~\n`````', 'after']);
  expect(read(['```', '```python', '```'])).toEqual(['```\n```python\n```']);
});

test('a block that the input leaves open is a message at its end', () => {
  expect(read(['```python', 'print(1)'])).toEqual(['```python\nprint(1)']);
});

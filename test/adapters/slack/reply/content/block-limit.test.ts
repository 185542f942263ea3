import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withinBlockLimit } from '../../../../../adapters/slack/reply/content/block-limit.ts';
import { renderedBlocks } from '../../../../sim/slack/rendered-blocks.ts';

const MANY = '# Heading\n\n'.repeat(30);

test('Markdown that makes few blocks stays as it is', () => {
  const few = '# Heading\n\ntext\n\n---\n\n'.repeat(11);
  expect(withinBlockLimit(few)).toBe(few);
  expect(withinBlockLimit('text\n\n'.repeat(500))).toBe('text\n\n'.repeat(500));
});

test.each([
  ['## A *nice* title ##\n\ntext', '**A *nice* title**\n\ntext'],
  ['Title\n=====\n\ntext', '**Title**\n\ntext'],
  ['# **Bold** already\n', '**Bold** already\n'],
  ['***\n', '———\n'],
  ['```\n# no heading\n---\n```\n', '```\n# no heading\n---\n```\n'],
  ['| a |\n|---|\n| 1 |\n', '| a |\n|---|\n| 1 |\n'],
])('of many headings, %j is shown as %j', (given, shown) => {
  expect(withinBlockLimit(`${MANY}${given}`)).toBe(`${'**Heading**\n\n'.repeat(30)}${shown}`);
});

test('however many headings and rules there are, a message has room for them, and no word is lost', () => {
  const block = fc.constantFrom(
    '# One\n\n',
    'Two\n---\n\n',
    '***\n\n',
    'three\n\n',
    '```\n# four\n```\n\n',
    '- five\n\n',
  );
  const words = (text: string) => text.match(/\w+/g);
  fc.assert(
    fc.property(fc.array(block, { minLength: 1, maxLength: 120 }), (blocks) => {
      const markdown = blocks.join('');
      const text = withinBlockLimit(markdown);
      expect(renderedBlocks([{ type: 'markdown', text }])).toBeLessThanOrEqual(47);
      expect(words(text)).toEqual(words(markdown));
    }),
  );
});

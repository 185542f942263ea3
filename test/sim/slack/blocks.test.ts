import { expect, test } from 'vitest';
import { parseBlocks } from './blocks.ts';
import { client, failureOf, slack } from './fixture.ts';
import { SlackError } from './slack-error.ts';

const plain = (text: string) => ({ type: 'plain_text', text });
const button = (more: object = {}) => ({ type: 'button', action_id: 'go', text: plain('Go'), ...more });
const actions = (...elements: object[]) => ({ type: 'actions', elements });
const section = (length: number) => ({ type: 'section', text: { type: 'mrkdwn', text: 'a'.repeat(length) } });
const markdown = (length: number) => ({ type: 'markdown', text: 'a'.repeat(length) });
const feedback = (label = '👍') => ({
  type: 'context_actions',
  elements: [
    {
      type: 'feedback_buttons',
      action_id: 'feedback',
      positive_button: { text: plain(label), value: 'yes' },
      negative_button: { text: plain('👎'), value: 'no' },
    },
  ],
});
const table = (rows: number, columns: number, text = 'x') => ({
  type: 'table',
  rows: Array.from({ length: rows }, () =>
    Array.from({ length: columns }, () => ({ type: 'raw_text', text })),
  ),
});
const headings = (count: number) => '## A heading\n\nAnd a text.\n\n'.repeat(count);

function errorFor(...blocks: object[]): string {
  try {
    parseBlocks(blocks);
    return 'ok';
  } catch (error) {
    return error instanceof SlackError ? error.code : String(error);
  }
}

test.each([
  ['a markdown block of 12,000 characters', markdown(12_000), 'ok'],
  ['a markdown block of 12,001', markdown(12_001), 'msg_too_long'],
  ['an empty markdown block', markdown(0), 'invalid_blocks'],
  ['a section of 3,000 characters', section(3_000), 'ok'],
  ['a section of 3,001', section(3_001), 'invalid_blocks'],
  ['a section without text and fields', { type: 'section' }, 'invalid_blocks'],
  ['a header of 151 characters', { type: 'header', text: plain('a'.repeat(151)) }, 'invalid_blocks'],
  ['25 buttons', actions(...Array.from({ length: 25 }, (_, i) => button({ action_id: `b${i}` }))), 'ok'],
  [
    '26 buttons',
    actions(...Array.from({ length: 26 }, (_, i) => button({ action_id: `b${i}` }))),
    'invalid_blocks',
  ],
  ['two buttons with one action_id', actions(button(), button()), 'invalid_blocks'],
  ['a label of 76 characters', actions(button({ text: plain('a'.repeat(76)) })), 'invalid_blocks'],
  ['a value of 2,001 characters', actions(button({ value: 'a'.repeat(2_001) })), 'invalid_blocks'],
  ['a style of its own', actions(button({ style: 'green' })), 'invalid_blocks'],
  ['a field that Slack does not know', actions(button({ colour: 'green' })), 'invalid_blocks'],
  ['feedback buttons in context actions', feedback(), 'ok'],
  ['feedback buttons without a label', feedback(''), 'invalid_blocks'],
  ['feedback buttons in actions', actions(...feedback().elements), 'invalid_blocks'],
  ['a plain button in context actions', { type: 'context_actions', elements: [button()] }, 'invalid_blocks'],
  ['a table of 100 × 20', table(100, 20), 'ok'],
  ['a table of 101 rows', table(101, 1), 'invalid_blocks'],
  ['a table of 21 columns', table(1, 21), 'invalid_blocks'],
  ['a table of 10,000 characters', table(1, 1, 'a'.repeat(10_000)), 'ok'],
  ['a table of 10,001 characters', table(1, 1, 'a'.repeat(10_001)), 'invalid_blocks'],
  ['Markdown with 25 headings and a text under each', { type: 'markdown', text: headings(25) }, 'ok'],
  ['Markdown with 26', { type: 'markdown', text: headings(26) }, 'invalid_blocks'],
  ['Markdown with 120 paragraphs', { type: 'markdown', text: 'A paragraph.\n\n'.repeat(120) }, 'ok'],
  ['Markdown with 51 rules', { type: 'markdown', text: '***\n'.repeat(51) }, 'invalid_blocks'],
  ['headings in a code block', { type: 'markdown', text: `\`\`\`\n${headings(60)}\`\`\`` }, 'ok'],
  ['a block type that does not exist', { type: 'poem', text: 'x' }, 'invalid_blocks'],
])('%s', (_, block, expected) => {
  expect(errorFor(block)).toBe(expected);
});

test('a message has at most 50 blocks, 10,000 characters in tables, no block_id twice and 12,000 characters in all', () => {
  const divider = { type: 'divider' };
  expect(errorFor(...Array.from({ length: 50 }, () => divider))).toBe('ok');
  expect(errorFor(...Array.from({ length: 51 }, () => divider))).toBe('invalid_blocks');
  const half = table(1, 1, 'a'.repeat(5_001));
  expect(errorFor(half, table(1, 1))).toBe('ok');
  expect(errorFor(half, half)).toBe('invalid_blocks');
  expect(errorFor({ ...divider, block_id: 'a' }, { ...divider, block_id: 'a' })).toBe('invalid_blocks');
  expect(errorFor(markdown(9_000), section(3_000))).toBe('ok');
  expect(errorFor(markdown(9_001), section(3_000))).toBe('msg_blocks_too_long');
});

test('blocks and elements without an id get one', () => {
  const [block] = parseBlocks([actions({ ...button(), action_id: undefined })]);
  expect(block).toMatchObject({
    block_id: expect.any(String),
    elements: [{ action_id: expect.any(String) }],
  });
});

test('the answer points at the fault', async () => {
  const sim = await slack();
  const blocks = [{ type: 'divider' }, section(3_001)];
  const failure = await failureOf(client(sim).apiCall('chat.postMessage', { channel: 'C0GENERAL', blocks }));
  expect(failure.error).toBe('invalid_blocks');
  expect(failure.response_metadata?.messages?.join()).toContain('/blocks/1/text');
  const format = await failureOf(
    client(sim).apiCall('chat.postMessage', { channel: 'C0GENERAL', blocks: '{' }),
  );
  expect(format.error).toBe('invalid_blocks_format');
});

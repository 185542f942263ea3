import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { blocksText } from '../../../adapters/slack/incoming/block-text.ts';
import { contentFields, readableContent } from '../../../adapters/slack/incoming/content.ts';
import { ScriptedModel, says } from '../../sim/scripted-model.ts';
import type { Block, Json } from '../../sim/slack/objects.ts';
import type { SaysOptions } from '../../sim/slack/person.ts';
import { GENERAL, isQuiet, openWorld } from './world.ts';

async function opened() {
  const model = new ScriptedModel(says('Read.'));
  const world = await openWorld({ model });
  const { sim } = world;
  const ann = sim.user('ann');
  /** What the model gets when Ann writes this. */
  const asked = async (channel: string, text: string, options?: SaysOptions) => {
    const { ts } = ann.says(channel, text, options);
    await sim.until(() => isQuiet(sim.thread(channel, ts)));
    expect(model.requests).toHaveLength(1);
    return JSON.stringify(model.requests[0]?.items);
  };
  return { ...world, ann, asked };
}

test.each(['what does he mean?', ''])(
  'a forwarded message reaches the model with its author and its files, with the comment %j',
  async (comment) => {
    const { sim, ann, asked } = await opened();
    const files = [{ name: 'prices.csv', content: 'a,b\n1,2\n' }];
    const shared = sim.user('ben').says(GENERAL, 'The prices go up &amp; down.\nSoon.', { files });
    const question = await asked(ann.dm, comment, { shares: [shared] });
    expect(question).toContain(
      JSON.stringify(
        'Forwarded message from Ben Baker:\n> The prices go up & down.\n> Soon.\n> [file: prices.csv]',
      ).slice(1, -1),
    );
    if (comment) expect(question).toContain(comment);
    expect([...sim.workspace.files.values()].map(({ name }) => name)).toContain('prices.csv');
    expect(question).not.toContain('is not here');
  },
);

test('a mention that shares a message brings it along, whichever of its events comes first', async () => {
  const { sim, asked } = await opened();
  const shared = sim.user('ben').says('C0PRIVATE', 'The secret is 42.');
  sim.delivery.hold();
  setTimeout(() => sim.delivery.release('reversed'));
  const question = await asked(GENERAL, '@bobbin what is it?', { shares: [shared] });
  expect(question).toContain('what is it?');
  expect(question).toContain('> The secret is 42.');
});

test('a shared message that mentions the bot does not call it', async () => {
  const { sim, ann } = await opened();
  const shared = ann.says('C0ELSEWHERE', `ask <@${sim.botUser}>`);
  const { channel, ts } = ann.says(GENERAL, 'lunch?', { shares: [shared] });
  await sim.settled();
  expect(sim.thread(channel, ts)).not.toContain('bobbin [app]');
});

const section = (text: string) => ({ type: 'rich_text_section', elements: [{ type: 'text', text }] });

test('a message of blocks without text is a message, and calls the bot where they mention it', async () => {
  const { sim, asked } = await opened();
  const mention = { type: 'user', user_id: sim.botUser };
  const blocks: Block[] = [
    {
      type: 'rich_text',
      elements: [
        {
          type: 'rich_text_section',
          elements: [
            mention,
            { type: 'text', text: ' what is ' },
            { type: 'text', text: '6*7', style: { code: true } },
          ],
        },
        { type: 'rich_text_list', style: 'ordered', elements: [section('one <b>'), section('two')] },
      ],
    },
  ];
  expect(await asked(GENERAL, '', { blocks })).toContain('what is `6*7`\\n1. one <b>\\n2. two');
});

const read = (message: Json, names: [string, string][] = []) =>
  readableContent(z.object(contentFields).parse(message), 'U0BOBBIN', new Map(names));

test.each<[string, Json, string]>([
  [
    'an alert of an app',
    {
      text: '',
      attachments: [
        {
          fallback: 'never shown',
          pretext: 'Firing',
          title: 'Disk full',
          text: 'on <@U1>',
          fields: [{ title: 'Host', value: 'db1' }, null, { title: 'Since' }],
        },
      ],
    },
    '> Firing\n> Disk full\n> on @ann\n> Host: db1\n> Since',
  ],
  ['a fallback alone', { attachments: [{ fallback: 'a &lt;thing&gt;' }] }, '> a <thing>'],
  [
    'a shared message whose text stands in its blocks',
    {
      text: 'look',
      attachments: [
        {
          is_share: true,
          author_name: 'Ben',
          channel_name: 'sales',
          message_blocks: [{ message: { blocks: [{ type: 'rich_text', elements: [section('deep')] }] } }],
        },
      ],
    },
    'look\n\nForwarded message from Ben in #sales:\n> deep',
  ],
  [
    'the preview of a linked message',
    {
      text: 'see <https://a.example>',
      attachments: [{ is_msg_unfurl: true, author_name: 'Ben', text: 'hi' }],
    },
    'see https://a.example\n\nLinked message from Ben:\n> hi',
  ],
  [
    'a shared message without text, of files whose names are gone',
    {
      attachments: [
        {
          is_share: true,
          files: [
            { id: 'F1', title: 'a.png' },
            { id: 'F2', mode: 'tombstone' },
          ],
        },
      ],
    },
    'Forwarded message:\n> [file: a.png]\n> [file: file]',
  ],
  [
    'fields of other types than documented',
    {
      text: null,
      blocks: 'x',
      files: [7, null],
      attachments: [null, { text: 5, is_share: 'yes', files: {} }],
    },
    '',
  ],
])('%s is read as people see it', (_what, message, expected) => {
  expect(read(message, [['U1', 'ann']])).toBe(expected);
});

test.each<[Json, string]>([
  [{ type: 'section', text: { type: 'mrkdwn', text: 'see <@U1>' } }, 'see <@U1>'],
  [
    {
      type: 'section',
      fields: [
        { type: 'plain_text', text: 'a<b' },
        { type: 'mrkdwn', text: 'c' },
      ],
    },
    'a&lt;b\nc',
  ],
  [{ type: 'header', text: { type: 'plain_text', text: 'Title' } }, 'Title'],
  [
    {
      type: 'context',
      elements: [
        { type: 'image', alt_text: 'pic' },
        { type: 'mrkdwn', text: 'by' },
      ],
    },
    'pic by',
  ],
  [{ type: 'markdown', text: '**bold**' }, '**bold**'],
  [{ type: 'image', title: { type: 'plain_text', text: 'Chart' }, alt_text: 'a chart' }, 'Chart\na chart'],
  [
    {
      type: 'table',
      rows: [
        [
          { type: 'raw_text', text: 'a' },
          { type: 'rich_text', elements: [section('b')] },
        ],
      ],
    },
    'a | b',
  ],
  [
    {
      type: 'rich_text',
      elements: [{ type: 'rich_text_quote', elements: [{ type: 'text', text: 'q\nr' }] }],
    },
    '&gt; q\n&gt; r',
  ],
  [
    {
      type: 'rich_text',
      elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text: '1 < 2' }] }],
    },
    '```\n1 &lt; 2\n```',
  ],
  [
    {
      type: 'rich_text',
      elements: [
        {
          type: 'rich_text_section',
          elements: [
            { type: 'link', url: 'https://a.example', text: 'a' },
            { type: 'emoji', name: 'wave' },
            { type: 'channel', channel_id: 'C1' },
            { type: 'broadcast', range: 'here' },
            { type: 'usergroup', usergroup_id: 'S1' },
            { type: 'date', fallback: 'today' },
            { type: 'color', value: '#fff' },
          ],
        },
      ],
    },
    '<https://a.example|a>:wave:<#C1><!here><!subteam^S1>today',
  ],
  [{ type: 'actions', elements: [{ type: 'button', text: { type: 'plain_text', text: 'Press' } }] }, ''],
])('%j reads %j', (block, expected) => {
  expect(blocksText([block])).toBe(expected);
});

test('whatever stands in a message, reading it throws nothing', () => {
  const named = (...names: string[]) => fc.dictionary(fc.constantFrom(...names), fc.jsonValue());
  const fields = named(
    'type',
    'text',
    'elements',
    'fields',
    'rows',
    'title',
    'files',
    'blocks',
    'message_blocks',
  );
  const message = fc.record({
    text: fc.jsonValue(),
    blocks: fc.array(fields),
    attachments: fc.array(fields),
    files: fc.array(fields),
  });
  fc.assert(
    fc.property(message, ({ text, ...rest }) => {
      const content = { ...rest, text: typeof text === 'string' ? text : null };
      expect(typeof read(content as unknown as Json)).toBe('string');
    }),
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bodyBlocks } from '../../../adapters/slack/reply/content/body.ts';
import type { PlacedCard } from '../../../adapters/slack/reply/content/cards.ts';
import { call, code, text } from '../../reply/transcript/run-script.ts';
import { ScriptedModel, says } from '../../sim/scripted-model.ts';
import { type SearchingRun, searchingServer } from '../../sim/searching-server.ts';
import { parseBlocks } from '../../sim/slack/blocks.ts';
import { asks, asksDirectly, openWorld, type WorldOptions } from './world.ts';

const open = (runs: SearchingRun[], more: Partial<WorldOptions> = {}) =>
  openWorld({ model: new ScriptedModel(says('Unused.')), network: searchingServer(runs), ...more });

const HOSTILE = '{"title":"<!channel> VPN","urgent":true}';
const opening = (output: string | null): SearchingRun['items'] => [
  { content: [text('One moment.')] },
  { calls: [call('helpdesk__open_ticket', HOSTILE, output)] },
  { content: [text('It is **open**.')] },
];

test('a function says in words or as a card what it does, while it does it', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { sim } = await open([{ items: opening(null).slice(1), until: promise }]);
  const [channel, direct] = [asks(sim), asksDirectly(sim)];
  await sim.until(() => channel.view().includes('is using open ticket (helpdesk)…'));
  await sim.until(() => direct.view().includes('◐ Using open ticket (helpdesk) (in_progress)'));
  resolve();
  await Promise.all([channel.quiet(), direct.quiet()]);
  for (const thread of [channel, direct]) {
    expect(thread.view()).toContain('✔ Used open ticket (helpdesk) (complete)');
    expect(thread.view()).not.toContain('Using');
  }
});

test.each([
  ['edits', asks],
  ['a native stream', asksDirectly],
])(
  'by %s a function folds into a card in its place, with what it was given and gave, which calls nobody',
  async (_how, ask) => {
    const { sim } = await open([{ items: opening('{"id":"T-17","note":"<!here> done"}') }]);
    const thread = ask(sim);
    await thread.quiet();
    const [before = '', after = ''] = thread.text().split('✔ Used open ticket (helpdesk) (complete)\n');
    expect(before.trim()).toBe('One moment.');
    const [details, output, ...answer] = after.trim().split(/\n+/);
    expect([details, output].map((line) => line?.trim())).toEqual([
      'title: ‹!channel› VPN, urgent: true',
      'id: T-17, note: ‹!here› done',
    ]);
    expect(answer.join('\n')).toBe('It is **open**.');
    expect(sim.pings.filter(({ author }) => author === 'U0BOBBIN')).toEqual([]);
    expect(sim.counters.total().errors).toEqual({});
  },
);

test.each([
  ['edits', asks],
  ['a native stream', asksDirectly],
])('by %s folded code is one line, and comes as a file', async (_how, ask) => {
  const items = [{ calls: [code('print(6 * 7)', '42\n')] }, { content: [text('It is 42.')] }];
  const { sim } = await open([{ items }], { code: 'folded' });
  const thread = ask(sim);
  await thread.quiet();
  expect(thread.texts()[0]).toMatch(/^✔ Ran Python \(complete\)\n+It is 42\./);
  expect(thread.view()).not.toContain('print');
  await sim.until(() => thread.view().includes('📎 code.py'));
});

test('an edited message whose cards Slack does not take is shown without them, its Markdown as it is', async () => {
  const { sim } = await open([{ items: opening('ok').slice(1) }]);
  sim.fails('chat.postMessage', { error: 'invalid_blocks' });
  const thread = asks(sim);
  await thread.quiet();
  expect(thread.text()).toBe('It is **open**.');
  const [reply] = sim.workspace.replies(sim.workspace.channel(thread.channel), thread.ts).slice(-1);
  expect(reply?.blocks.map(({ type }) => type)).toEqual(['markdown', 'context_actions', 'actions']);
});

const card: fc.Arbitrary<Omit<PlacedCard, 'at' | 'id'>> = fc.record({
  title: fc.string({ minLength: 1, maxLength: 256, unit: 'grapheme' }).map((title) => title.slice(0, 256)),
  status: fc.constantFrom('in_progress' as const, 'complete' as const, 'error' as const),
  details: fc.string({ maxLength: 160 }),
  output: fc.string({ maxLength: 160 }),
});
const paragraph = fc.oneof(
  fc.constantFrom('## A heading', '---', '| a |\n| - |\n| 1 |', '```py\nx\n```', '- one\n- two'),
  fc.string({ maxLength: 400, unit: 'grapheme-ascii' }).map((words) => `x${words.replace(/[`~\n]/g, ' ')}`),
);

test('however many cards there are, and however long a text, Slack takes the blocks, and all of the text stands in them', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(paragraph, fc.array(card, { maxLength: 6 })), { maxLength: 30 }),
      (pieces) => {
        let text = '';
        const cards: PlacedCard[] = [];
        for (const [words, some] of pieces) {
          if (text.length + words.length + 2 > 11_000) break;
          text += text === '' ? words : `\n\n${words}`;
          for (const each of some) cards.push({ ...each, id: `${cards.length}`, at: text.length });
        }
        const blocks = bodyBlocks(text, cards);
        expect(() => parseBlocks(blocks)).not.toThrow();
        const words = (markdown: string) => markdown.replace(/[\s#*—-]+/g, '');
        const shown = blocks.map((block) => (block.type === 'markdown' && 'text' in block ? block.text : ''));
        expect(words(shown.join('\n\n'))).toBe(words(text));
      },
    ),
  );
});

import { expect, test, vi } from 'vitest';
import { ACTIONS } from '../../../adapters/slack/surface.ts';
import type { IncomingMessage } from '../../../src/platform.ts';
import { ScriptedModel, says } from '../../sim/scripted-model.ts';
import { appMessage } from '../../sim/slack/app-message.ts';
import { Pen } from './pen.ts';
import { GENERAL, isQuiet, openWorld, type WorldOptions } from './world.ts';

/** People talk in a thread, without the bot. `received` is what the bot is given. */
async function talk(options: Partial<WorldOptions> = {}) {
  const model = new ScriptedModel(says('One.'), says('Two.'), says('Three.'));
  const world = await openWorld({ model, ...options });
  const { sim, bot } = world;
  const received: IncomingMessage[] = [];
  const receive = bot.receive.bind(bot);
  vi.spyOn(bot, 'receive').mockImplementation((message) => {
    received.push(message);
    return receive(message);
  });
  const [ann, ben] = [sim.user('ann'), sim.user('ben')];
  const { ts } = ann.says(GENERAL, 'the build is red');
  ben.says(GENERAL, `since when, ${ann.mention}?`, { thread: ts });
  const replies = () => sim.workspace.replies(sim.workspace.channel(GENERAL), ts);
  const answered = async (text: string) =>
    sim.until(() => sim.thread(GENERAL, ts).includes(text) && isQuiet(sim.thread(GENERAL, ts)));
  return { ...world, model, received, ann, ben, ts, replies, answered };
}

const TALK = [
  { author: 'ann', text: 'the build is red' },
  { author: 'ben', text: 'since when, @ann?' },
];

test('called into a thread, the bot gets what was said there before, that once, and so does the model', async () => {
  const { ann, ben, ts, received, answered, model } = await talk();
  ben.says(GENERAL, '@bobbin can you answer this?', { thread: ts });
  await answered('One.');
  ann.says(GENERAL, 'and why?', { thread: ts });
  await answered('Two.');
  ann.says(GENERAL, '@bobbin and how?', { thread: ts });
  await answered('Three.');
  expect(received.map(({ text, context }) => ({ text, context }))).toEqual([
    { text: 'can you answer this?', context: TALK },
    { text: 'and why?', context: undefined },
    { text: 'and how?', context: undefined },
  ]);
  const read = model.requests.map(({ items }) => JSON.stringify(items).includes('since when'));
  expect(read).toEqual([true, false, false]);
});

test('a mention that says nothing, in the middle of a thread, asks about the thread', async () => {
  const { ben, ts, received, answered, sim } = await talk();
  ben.says(GENERAL, '@bobbin', { thread: ts });
  await answered('One.');
  expect(received).toMatchObject([{ context: TALK }]);
  expect(received[0]?.text).not.toBe('');
  expect(sim.thread(GENERAL, ts)).not.toContain('/bobbin new');
});

test('files, forwarded messages, other apps and replies sent to the channel are told; notices are not', async () => {
  const { ann, ben, ts, received, answered, sim } = await talk();
  const elsewhere = ben.says('C0ELSEWHERE', 'the disk is full');
  ann.says(GENERAL, '', { thread: ts, files: [{ name: 'log.txt', content: 'x' }] });
  ann.says(GENERAL, 'see', { thread: ts, shares: [elsewhere] });
  const alert = [{ title: 'Build 7', text: 'failed', fallback: '…' }];
  sim.user('otherbot').says(GENERAL, '', { thread: ts, attachments: alert });
  const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: 'all the details of it' } }];
  sim.user('otherbot').says(GENERAL, 'summary', { thread: ts, blocks });
  ben.says(GENERAL, 'all of you', { thread: ts, broadcast: true });
  const left = ann.says(GENERAL, 'a typo', { thread: ts });
  ann.edits(left, 'mended');
  ann.deletes(ann.says(GENERAL, 'never mind', { thread: ts }));
  ben.says(GENERAL, '@bobbin help', { thread: ts, broadcast: true });
  await answered('One.');
  expect(received[0]?.context).toEqual([
    ...TALK,
    { author: 'ann', text: '[file: log.txt]' },
    { author: 'ann', text: 'see\n\nForwarded message from Ben Baker:\n> the disk is full' },
    { author: 'otherbot', text: '> Build 7\n> failed' },
    { author: 'otherbot', text: 'all the details of it' },
    { author: 'ben', text: 'all of you' },
    { author: 'ann', text: 'mended' },
  ]);
});

test('of a long thread its first message and the latest come, whatever the number of pages', async () => {
  const { ann, ts, received, answered } = await talk();
  for (let index = 0; index < 450; index++) ann.says(GENERAL, `line ${index}`, { thread: ts });
  ann.says(GENERAL, '@bobbin sum up', { thread: ts });
  await answered('One.');
  const texts = received[0]?.context?.map(({ text }) => text) ?? [];
  expect(texts).toHaveLength(31);
  expect([texts[0], texts[1], texts[30]]).toEqual(['the build is red', 'line 420', 'line 449']);
});

test('several people who call one after the other bring the thread once, and each is answered', async () => {
  const pen = new Pen();
  const { ann, ben, ts, received, answered, sim } = await talk({
    model: new ScriptedModel(pen.answer, says('Both.')),
  });
  ben.says(GENERAL, '@bobbin when?', { thread: ts });
  ann.says(GENERAL, '@bobbin why?', { thread: ts });
  await sim.settled();
  await sim.until(() => received.length === 2);
  pen.says('First.');
  pen.ends();
  await answered('Both.');
  expect(received.map(({ text, context }) => ({ text, context }))).toEqual([
    { text: 'when?', context: TALK },
    { text: 'why?', context: undefined },
  ]);
});

test('a mention that begins its thread has no context, and nothing is fetched', async () => {
  const { ann, received, sim } = await talk();
  const { ts } = ann.says(GENERAL, '@bobbin hello');
  await sim.until(() => isQuiet(sim.thread(GENERAL, ts)));
  expect(received[0]).not.toHaveProperty('context');
  expect(sim.counters.of('conversations.replies').calls).toBe(0);
});

test('in a thread of a direct message that the bot does not know, it gets what stands there, without its own', async () => {
  const { ann, received, sim } = await talk();
  const { dm } = ann;
  sim.setBotMember(dm, false);
  const { ts } = ann.says(dm, 'said while the bot was away');
  const own = { ...appMessage(sim.workspace, dm), text: 'said by the bot', threadTs: ts };
  sim.workspace.post(own);
  ann.says(dm, 'and this', { thread: ts });
  sim.setBotMember(dm, true);
  ann.says(dm, '@bobbin and now?', { thread: ts });
  await sim.until(() => isQuiet(sim.thread(dm, ts)));
  expect(received.map(({ text, context }) => ({ text, context }))).toEqual([
    {
      text: 'and now?',
      context: [
        { author: 'ann', text: 'said while the bot was away' },
        { author: 'ann', text: 'and this' },
      ],
    },
  ]);
});

test.each([{ error: 'missing_scope' }, { status: 500 }, { retryAfter: 30 }] as const)(
  'where Slack does not give the thread out (%o), the question is answered all the same',
  async (fault) => {
    const { ben, ts, received, answered, sim } = await talk();
    sim.fails('conversations.replies', fault);
    ben.says(GENERAL, '@bobbin can you answer this?', { thread: ts });
    await answered('One.');
    expect(received.map(({ text, context }) => [text, context])).toEqual([
      ['can you answer this?', undefined],
    ]);
  },
);

test('what people made the bot forget does not come back with the next mention', async () => {
  const { ben, ts, received, answered, sim } = await talk();
  ben.says(GENERAL, '@bobbin when?', { thread: ts });
  await answered('One.');
  await ben.command('/bobbin', 'new', GENERAL);
  ben.says(GENERAL, '@bobbin again?', { thread: ts });
  await answered('Two.');
  expect(received.map(({ context }) => context)).toEqual([TALK, undefined]);
  expect(sim.counters.of('conversations.replies').calls).toBe(1);
});

test('Regenerate gets what stood before the first call, and nothing where the thread began with it', async () => {
  const { ann, ben, ts, received, answered, sim, replies } = await talk();
  ben.says(GENERAL, '@bobbin when?', { thread: ts });
  await answered('One.');
  await ann.presses({ channel: GENERAL, ts: replies().at(-1)?.ts ?? '' }, ACTIONS.regenerate);
  await answered('Two.');
  expect(received.map(({ regenerate, context }) => ({ regenerate, context }))).toEqual([
    { regenerate: undefined, context: TALK },
    { regenerate: true, context: TALK },
  ]);
  const own = ann.says(GENERAL, '@bobbin hello');
  await sim.until(() => isQuiet(sim.thread(GENERAL, own.ts)));
  const last = sim.workspace.replies(sim.workspace.channel(GENERAL), own.ts).at(-1);
  await ann.presses({ channel: GENERAL, ts: last?.ts ?? '' }, ACTIONS.regenerate);
  await sim.until(() => received.length === 4);
  expect(received[3]).not.toHaveProperty('context');
});

import type { WebClient } from '@slack/web-api';
import { expect, test, vi } from 'vitest';
import { markdownBlocks, stopBlocks } from '../../../adapters/slack/reply/content/blocks.ts';
import { ACTIONS, SHORTCUTS } from '../../../adapters/slack/surface.ts';
import { hangsAfter, ScriptedModel, says, text } from '../../sim/scripted-model.ts';
import { client, RECIPIENT } from '../../sim/slack/fixture.ts';
import type { SlackSim } from '../../sim/slack/slack.ts';
import { asks, asksDirectly, GENERAL, isQuiet, openWorld } from './world.ts';

const hanging = () => new ScriptedModel(hangsAfter(text('An endless story')), says('Done.'));

function reply(sim: SlackSim, { channel, ts }: { channel: string; ts: string }) {
  const last = sim.workspace.replies(sim.workspace.channel(channel), ts).at(-1);
  return { channel, ts: last?.ts ?? '' };
}

async function running(ask = asks) {
  const world = await openWorld({ model: hanging() });
  const thread = ask(world.sim);
  await world.sim.until(
    () => thread.view().includes('An endless story') && thread.view().includes('[■ Stop]'),
  );
  return { ...world, thread, ann: world.sim.user('ann') };
}

test('Slack’s own Stop button stops the answer, and goes away', async () => {
  const { sim, thread, ann } = await running(asksDirectly);
  ann.stops(thread);
  await thread.quiet();
  expect(thread.texts()).toEqual(['An endless story\nStopped.\n[Regenerate]']);
  expect(sim.counters.of('chat.stopStream')).toMatchObject({ calls: 1, errors: { stopped_by_user: 1 } });
});

test('a Stop button that has outlived its answer is taken away when it is pressed', async () => {
  const { sim, bot } = await openWorld({ model: new ScriptedModel(says('Done.')) });
  const thread = asks(sim);
  await thread.quiet();
  await expect.poll(() => bot.stop(`slack:${GENERAL}:${thread.ts}`)).toBe(false);
  const channel = sim.workspace.channel(GENERAL);
  sim.workspace.setSession(channel, thread.ts, { status: 'processing', stoppable: true });
  sim.user('ann').stops(thread);
  await thread.quiet();
  await sim.until(() => thread.view().includes('(only visible to ann) Nothing is being answered there.'));
});

/** A thread in which a killed process has left its reply half-written. */
async function leftBehind(
  post: (web: WebClient, thread: { channel: string; thread_ts: string }) => Promise<{ ts?: string }>,
) {
  const { sim } = await openWorld({ model: new ScriptedModel(says('Anew.')) });
  const ann = sim.user('ann');
  const { ts } = ann.says(GENERAL, 'a question');
  const { ts: left = '' } = await post(client(sim), { channel: GENERAL, thread_ts: ts });
  const view = () => sim.thread(GENERAL, ts);
  return { sim, ann, left: { channel: GENERAL, ts: left }, root: { channel: GENERAL, ts }, view };
}

const TOLD = '(only visible to ann) Nothing is being answered there any more: that answer broke off.';
const ENDED = 'Half an ans\n⚠️ This answer broke off. Ask again, or press Regenerate.\n[Regenerate]';

test('a Stop that a crash has left says what is the case, and goes away', async () => {
  const blocks = [...markdownBlocks('Half an ans'), ...stopBlocks()];
  const { sim, ann, left, root, view } = await leftBehind((web, thread) =>
    web.chat.postMessage({ ...thread, text: 'Half an ans', blocks }),
  );
  await ann.presses(left, ACTIONS.stop);
  await sim.until(() => view().includes(TOLD));
  expect(sim.texts(GENERAL, root.ts)).toEqual([ENDED]);
  await ann.presses(left, ACTIONS.regenerate);
  await sim.until(() => view().includes('(only visible to ann) I do not know any more what was asked here.'));
});

test('a Stop that is pressed as the answer ends leaves the answer as it is', async () => {
  const blocks = [...markdownBlocks('Half an ans'), ...stopBlocks()];
  const { sim, ann, left, root, view } = await leftBehind((web, thread) =>
    web.chat.postMessage({ ...thread, text: 'Half an ans', blocks }),
  );
  sim.delivery.hold();
  const pressed = ann.presses(left, ACTIONS.stop);
  await client(sim).chat.update({ ...left, text: 'x', blocks: markdownBlocks('The whole answer.') });
  sim.delivery.release();
  await pressed;
  await sim.until(() => view().includes('(only visible to ann) Nothing is being answered there.'));
  expect(sim.texts(GENERAL, root.ts)).toEqual(['The whole answer.']);
});

test('a stream that a crash has left is ended by Slack’s own Stop, and told of', async () => {
  const { sim, ann, root, view } = await leftBehind((web, thread) =>
    web.chat.startStream({ ...thread, ...RECIPIENT, markdown_text: 'Half an ans' }),
  );
  ann.stops(root);
  await sim.until(() => view().includes(TOLD) && !view().includes('[■ Stop]'));
  expect(sim.texts(GENERAL, root.ts)).toEqual([ENDED]);
});

test.each([
  ['conversations.replies', { error: 'missing_scope' }],
  ['chat.update', { error: 'invalid_blocks' }],
] as const)('where %s answers %o, whoever presses a dead Stop is told so', async (method, fault) => {
  const blocks = [...markdownBlocks('Half an ans'), ...stopBlocks()];
  const { sim, ann, left, view } = await leftBehind((web, thread) =>
    web.chat.postMessage({ ...thread, text: 'Half an ans', blocks }),
  );
  sim.fails(method, fault);
  await ann.presses(left, ACTIONS.stop);
  await sim.until(() => view().includes('(only visible to ann) Nothing is being answered there.'));
});

test('the Stop button of an edited reply stops the answer, and goes away', async () => {
  const { sim } = await openWorld({ model: hanging() });
  const thread = asks(sim);
  await sim.until(() => thread.view().includes('[Stop]'));
  await sim.user('ben').presses(reply(sim, thread), ACTIONS.stop);
  await thread.quiet();
  expect(thread.texts()).toEqual(['An endless story\nStopped.\n[Regenerate]']);
});

test('the shortcut stops the answer inside its thread', async () => {
  const { sim, thread, ann } = await running();
  await ann.usesShortcut(thread, SHORTCUTS.stop);
  await thread.quiet();
  await sim.until(() => thread.view().includes('(only visible to ann) I stop.'));
});

test('where the app is not, a shortcut is answered all the same', async () => {
  const { sim } = await openWorld({ model: new ScriptedModel(says('x')) });
  const ann = sim.user('ann');
  const root = ann.says('C0ELSEWHERE', 'no bot here');
  const reply = ann.says('C0ELSEWHERE', 'nor here', { thread: root.ts });
  const told = '(only visible to ann) Nothing is being answered there.';
  await ann.usesShortcut(root, SHORTCUTS.stop);
  await sim.until(() => sim.view('C0ELSEWHERE').split(told).length === 2);
  await ann.usesShortcut(reply, SHORTCUTS.stop);
  await sim.until(() => sim.view('C0ELSEWHERE').split(told).length === 3);
});

test('the command stops the answer to the one who gives it', async () => {
  const { sim, thread, ann } = await running();
  await sim.user('ben').command('/bobbin', 'stop', GENERAL);
  expect(sim.view(GENERAL)).toContain('(only visible to ben) There is no answer to you here');
  await ann.command('/bobbin', 'stop', GENERAL);
  await thread.quiet();
  expect(sim.view(GENERAL)).toContain('(only visible to ann) I stop.');
});

test.each(['', 'help'])('the command "%s" explains itself, to the one who gives it', async (word) => {
  const { sim } = await openWorld({ model: new ScriptedModel(says('x')) });
  await sim.user('ann').command('/bobbin', word, GENERAL);
  expect(sim.view(GENERAL)).toContain('(only visible to ann) Mention me');
  await sim.user('ann').command('/bobbin', 'dance', GENERAL);
  expect(sim.view(GENERAL)).toContain('I don\'t know "dance"');
});

test.each(['command', 'shortcut'])('a %s makes the conversation forget what was said', async (way) => {
  const model = new ScriptedModel(says('Noted.'), says('Never heard of it.'));
  const { sim } = await openWorld({ model });
  const ann = sim.user('ann');
  const thread = asks(sim, 'the word is xyzzy');
  await thread.quiet();
  if (way === 'command') await ann.command('/bobbin', 'new', GENERAL);
  else await ann.usesShortcut(thread, SHORTCUTS.new);
  await sim.until(() => sim.view(GENERAL).includes('I have forgotten what was said.'));
  ann.says(GENERAL, '@bobbin which word?', { thread: thread.ts });
  await sim.until(() => thread.text().includes('Never heard') && isQuiet(thread.view()));
  expect(JSON.stringify(model.requests.at(-1))).not.toContain('xyzzy');
});

test('Regenerate gives the answer anew, in a new reply', async () => {
  const model = new ScriptedModel(says('First try.'), says('Second try.'));
  const { sim } = await openWorld({ model });
  const thread = asks(sim, 'a question');
  await thread.quiet();
  await sim.user('ann').presses(reply(sim, thread), ACTIONS.regenerate);
  await sim.until(() => thread.text() === 'First try.Second try.' && isQuiet(thread.view()));
  expect(JSON.stringify(model.requests.at(-1))).toContain('a question');
  expect(JSON.stringify(model.requests.at(-1))).not.toContain('First try');
});

test('👍 and 👎 are noted', async () => {
  const { sim, bot } = await openWorld({ model: new ScriptedModel(says('Good?')) });
  const rate = vi.spyOn(bot, 'rate');
  const thread = asks(sim);
  await thread.quiet();
  const conversation = `slack:${GENERAL}:${thread.ts}`;
  await sim.user('ann').presses(reply(sim, thread), ACTIONS.feedback, 'positive');
  await sim.user('ben').presses(reply(sim, thread), ACTIONS.feedback, 'negative');
  const rating = { conversation, answers: conversation };
  await expect
    .poll(() => rate.mock.calls)
    .toEqual([
      [{ ...rating, person: 'U0ANN', opinion: 'good' }],
      [{ ...rating, person: 'U0BEN', opinion: 'bad' }],
    ]);
});

test('an answer that fails says why, and can be asked for again', async () => {
  const fails = async function* () {
    yield text('Half an ans');
    throw new Error('boom');
  };
  const { sim } = await openWorld({ model: new ScriptedModel(fails, says('Whole.')) });
  const thread = asks(sim);
  await thread.quiet();
  expect(thread.view()).toContain('Half an ans');
  expect(thread.view()).toContain('⚠️');
  await sim.user('ann').presses(reply(sim, thread), ACTIONS.regenerate);
  await sim.until(() => thread.text().includes('Whole.') && isQuiet(thread.view()));
});

test('a bot that is closed stops its answers, says so, and leaves no status behind', async () => {
  const { slack, bot, thread } = await running();
  bot.stop(`slack:${GENERAL}:${thread.ts}`);
  await thread.quiet();
  await slack.close();
  expect(thread.texts()).toEqual(['An endless story\nStopped.\n[Regenerate]']);
});

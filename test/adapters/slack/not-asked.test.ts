import { expect, test } from 'vitest';
import { endingBlocks, markdownBlocks } from '../../../adapters/slack/reply/content/blocks.ts';
import { ACTIONS, SHORTCUTS } from '../../../adapters/slack/surface.ts';
import { ScriptedModel, says } from '../../sim/scripted-model.ts';
import { client } from '../../sim/slack/fixture.ts';
import type { Person } from '../../sim/slack/person.ts';
import { asks, GENERAL, openWorld, type World } from './world.ts';

type Thread = { channel: string; ts: string };

/** A message of the app that is no answer of a conversation that it knows. */
async function foreign({ sim }: World, { channel, ts }: Thread): Promise<Thread> {
  const blocks = [...markdownBlocks('An old answer.'), ...endingBlocks({ status: 'completed' }, false)];
  const posted = await client(sim).chat.postMessage({ channel, thread_ts: ts, text: 'x', blocks });
  return { channel, ts: posted.ts ?? '' };
}

const NO_CONVERSATION = 'There is no conversation with me here that I could forget.';

const WAYS: [string, string, (ben: Person, thread: Thread, world: World) => Promise<unknown>][] = [
  ['the shortcut New', NO_CONVERSATION, (ben, thread) => ben.usesShortcut(thread, SHORTCUTS.new)],
  [
    'the shortcut Stop',
    'Nothing is being answered there.',
    (ben, thread) => ben.usesShortcut(thread, SHORTCUTS.stop),
  ],
  [
    'Regenerate',
    'I do not know any more what was asked here.',
    async (ben, thread, world) => ben.presses(await foreign(world, thread), ACTIONS.regenerate),
  ],
];

test.each(WAYS)('in other people’s thread %s makes the app listen to nobody', async (_what, told, does) => {
  const world = await openWorld({ model: new ScriptedModel(says('Asked.'), says('Not asked.')) });
  const { sim, bot } = world;
  const ann = sim.user('ann');
  const root = ann.says(GENERAL, 'Lunch?');
  ann.says(GENERAL, 'At noon.', { thread: root.ts });
  await does(sim.user('ben'), root, world);
  await sim.until(() => sim.thread(GENERAL, root.ts).includes(`(only visible to ben) ${told}`));
  ann.says(GENERAL, 'Pizza, then.', { thread: root.ts });
  await asks(sim, 'something else').quiet();
  expect(sim.thread(GENERAL, root.ts)).not.toContain('Not asked.');
  expect(await bot.knows(`slack:${GENERAL}:${root.ts}`)).toBe(false);
  expect(await world.bot.store.page('conversations', '', 9)).toHaveLength(1);
});

test('a conversation that has only just begun can be renewed by all who take part, and goes on', async () => {
  const model = new ScriptedModel(says('Noted.'), says('Never heard of it.'));
  const { sim } = await openWorld({ model });
  const thread = asks(sim, 'the word is xyzzy');
  await thread.quiet();
  await sim.user('ben').usesShortcut(thread, SHORTCUTS.new);
  await sim.until(() => thread.view().includes('(only visible to ben) I have forgotten what was said.'));
  sim.user('ann').says(GENERAL, 'which word?', { thread: thread.ts });
  await sim.until(() => thread.text().includes('Never heard of it.'));
  expect(JSON.stringify(model.requests.at(-1))).not.toContain('xyzzy');
});

test('the command New forgets a conversation once, and says of one that is no more that there is none', async () => {
  const { sim, bot } = await openWorld({ model: new ScriptedModel(says('Noted.')) });
  const thread = asks(sim, 'hello');
  await thread.quiet();
  bot.renew = async () => false;
  await sim.user('ann').command('/bobbin', 'new', GENERAL);
  expect(sim.view(GENERAL)).toContain(`(only visible to ann) ${NO_CONVERSATION}`);
});

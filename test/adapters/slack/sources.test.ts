import { expect, test } from 'vitest';
import { ACTIONS } from '../../../adapters/slack/surface.ts';
import { ScriptedModel, says } from '../../sim/scripted-model.ts';
import { type SearchingRun, searchingServer } from '../../sim/searching-server.ts';
import { ANSWER, CITING, FINDING_NOTHING, gapsOf, KNOWLEDGE, OLD, SOURCES } from '../answers-with-sources.ts';
import { asks, asksDirectly, openWorld, type WorldOptions } from './world.ts';

const model = () => new ScriptedModel(says('Unused.'));
const open = (runs: SearchingRun[], more: Partial<WorldOptions> = {}) =>
  openWorld({ model: model(), network: searchingServer(runs), knowledge: KNOWLEDGE, ...more });

/** The bot's last message in a thread. */
function replyIn(
  { sim }: Awaited<ReturnType<typeof open>>,
  { channel, ts }: { channel: string; ts: string },
) {
  return { channel, ts: sim.workspace.replies(sim.workspace.channel(channel), ts).at(-1)?.ts ?? '' };
}

test.each([
  ['edits', asks],
  ['a native stream', asksDirectly],
])(
  'an answer has its sources below by %s, and their titles are words that call nobody',
  async (_how, ask) => {
    const { sim } = await open([CITING]);
    const thread = ask(sim, 'How much leave do I have?');
    await thread.quiet();
    expect(thread.text()).toContain(`${ANSWER}\n\n${SOURCES.join('\n')}\n\n${OLD}`);
    expect(sim.pings.filter(({ author }) => author === 'U0BOBBIN')).toEqual([]);
  },
);

test('people see that documents are searched, in words or as a card', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { sim } = await open([{ ...CITING, until: promise }]);
  const [channel, direct] = [asks(sim), asksDirectly(sim)];
  await sim.until(() => channel.view().includes('is searching the team’s documents…'));
  await sim.until(() => direct.view().includes('Searching the team’s documents (in_progress)'));
  resolve();
  await Promise.all([channel.quiet(), direct.quiet()]);
  expect(direct.view()).toContain('✔ Searched the team’s documents');
});

test('where nothing was found the contact is named, and the question is noted until the conversation is forgotten', async () => {
  const world = await open([FINDING_NOTHING]);
  const thread = asks(world.sim, 'What is the wifi password?');
  await thread.quiet();
  expect(thread.text()).toBe(
    `✔ Searched the team’s documents (complete)\nI do not know.\n\nThe documents say nothing that answers this. Ask ${KNOWLEDGE.contact}.`,
  );
  const conversation = `slack:${thread.channel}:${thread.ts}`;
  const gap = { conversation, question: 'What is the wifi password?', unanswered: true, bad: [] };
  await expect.poll(() => gapsOf(world.bot)).toEqual([gap]);
  await world.bot.renew(conversation);
  expect(await gapsOf(world.bot)).toEqual([]);
});

test('a thumb down notes the question, in any colour, and goes with the thumb', async () => {
  const world = await open([CITING]);
  const { sim, bot } = world;
  const [first, second] = [asks(sim, 'One?'), asksDirectly(sim, 'Two?')];
  await Promise.all([first.quiet(), second.quiet()]);
  const [ann, ben] = [sim.user('ann'), sim.user('ben')];
  const reply = replyIn(world, first);
  ben.reacts(reply, '-1::skin-tone-3');
  ann.reacts(reply, 'thumbsdown');
  ann.reacts(reply, 'tada');
  ann.reacts(replyIn(world, second), '-1');
  // What people think of each other is none of the bot's business.
  ann.reacts(first, '-1');
  const bad = async () =>
    (await gapsOf(bot)).map(({ question, bad }) => [question, bad.toSorted()]).toSorted();
  await expect.poll(bad).toEqual([
    ['One?', ['U0ANN', 'U0BEN']],
    ['Two?', ['U0ANN']],
  ]);
  ben.unreacts(reply, '-1::skin-tone-3');
  ann.unreacts(reply, 'tada');
  ann.unreacts(replyIn(world, second), '-1');
  await expect.poll(bad).toEqual([['One?', ['U0ANN']]]);
});

test('the buttons do the same, and mean the question of an answer that was given anew', async () => {
  const world = await openWorld({ model: new ScriptedModel(says('First.'), says('Anew.'), says('Other.')) });
  const { sim, bot } = world;
  const ann = sim.user('ann');
  const thread = asks(sim, 'One?');
  await thread.quiet();
  await ann.presses(replyIn(world, thread), ACTIONS.regenerate);
  await sim.until(() => thread.text().includes('Anew.'));
  await thread.quiet();
  const anew = replyIn(world, thread);
  ann.says(thread.channel, 'Two?', { thread: thread.ts });
  await sim.until(() => thread.text().includes('Other.'));
  await thread.quiet();
  await ann.presses(anew, ACTIONS.feedback, 'negative');
  await expect
    .poll(() => gapsOf(bot))
    .toMatchObject([{ question: 'One?', unanswered: false, bad: ['U0ANN'] }]);
  await ann.presses(anew, ACTIONS.feedback, 'positive');
  await expect.poll(() => gapsOf(bot)).toEqual([]);
});

test('a question goes from what is noted with its message', async () => {
  const { sim, bot } = await open([FINDING_NOTHING]);
  const thread = asks(sim, 'A secret?');
  await thread.quiet();
  await expect.poll(() => gapsOf(bot)).toHaveLength(1);
  sim.user('ann').deletes(thread);
  await expect.poll(() => gapsOf(bot)).toEqual([]);
});

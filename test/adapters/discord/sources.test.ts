import { expect, test } from 'vitest';
import type { Message } from '../../sim/discord/model.ts';
import { says } from '../../sim/scripted-model.ts';
import { type SearchingRun, searchingServer } from '../../sim/searching-server.ts';
import { ANSWER, CITING, FINDING_NOTHING, gapsOf, KNOWLEDGE, OLD, SOURCES } from '../answers-with-sources.ts';
import { openScene } from './open-scene.ts';
import type { Scene, SceneOptions } from './scene.ts';

const open = (runs: SearchingRun[], more: SceneOptions = {}) =>
  openScene([says('Unused.')], { network: searchingServer(runs), knowledge: KNOWLEDGE, ...more });

const SEARCHED = '-# Searched the team’s documents\n\n';

function ask(scene: Scene, text: string): Message {
  return scene.sim.user('ann').says('general', `${scene.sim.mention} ${text}`);
}

/** The bot's messages in a channel as they stand there. */
function own({ sim }: Scene, channel: string): Message[] {
  return [...sim.channel(channel).messages.values()].filter(
    ({ author, content }) => author === sim.world.bot && content !== '',
  );
}

test('an answer has its sources below, whose titles are words that call nobody and whose pages nobody fetches', async () => {
  const scene = await open([CITING]);
  const { id } = ask(scene, 'How much leave do I have?');
  await scene.finished(id);
  expect(scene.text(id)).toBe(`${SEARCHED}${ANSWER}\n\n${SOURCES.join('\n')}\n\n${OLD}`);
  expect(scene.sim.pings.filter(({ author, everyone }) => author === scene.sim.bot.name && everyone)).toEqual(
    [],
  );
  expect(own(scene, id).map(({ flags }) => flags & 4)).toEqual([4]);
});

test('sources below a full message stand in the next one, and move none of its text', async () => {
  const text = 'word '.repeat(385);
  const [searched, cited] = CITING.items;
  if (!searched || !cited || !('content' in cited)) throw new Error('The script has changed.');
  const long = { type: 'text' as const, text: { value: text, annotations: [] } };
  const scene = await open([{ items: [searched, { content: [long, ...cited.content] }] }]);
  const { id } = ask(scene, 'Tell me all.');
  const contents = (await scene.finished(id)).map(({ content }) => content);
  expect(contents).toHaveLength(2);
  expect(contents[0]).toContain(text.trim());
  expect(contents[1]).toContain(SOURCES.join('\n'));
});

test('people see that documents are searched until there is something to read', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const scene = await open([{ ...CITING, until: promise }]);
  const { id } = ask(scene, 'How much leave do I have?');
  await scene.shows(id, '-# Searching the team’s documents…');
  resolve();
  await scene.finished(id);
  expect(scene.text(id)).not.toContain('Searching');
  expect(scene.replies(id)).toHaveLength(1);
});

test('where nothing was found the contact is named, and the question is noted', async () => {
  const scene = await open([FINDING_NOTHING]);
  const { id } = ask(scene, 'What is the wifi password?');
  await scene.finished(id);
  expect(scene.text(id)).toBe(
    `${SEARCHED}I do not know.\n\nThe documents say nothing that answers this. Ask ${KNOWLEDGE.contact}.`,
  );
  const gap = {
    conversation: `discord:${id}`,
    question: 'What is the wifi password?',
    unanswered: true,
    bad: [],
  };
  await expect.poll(() => gapsOf(scene.bot)).toEqual([gap]);
});

test.each([
  ['a thread', 'thread'],
  ['a channel', 'channel'],
] as const)(
  'a thumb down in %s notes the question, in any colour and under any part, and goes with the thumb',
  async (_where, replyIn) => {
    const long = 'A long answer. '.repeat(200);
    const scene = await openScene([says(long), says('Short.')], { discord: { replyIn } });
    const { sim, bot } = scene;
    const questions = [ask(scene, 'One?'), ask(scene, 'Two?')];
    const channelOf = ({ id }: Message) => (replyIn === 'thread' ? id : 'general');
    await sim.until(() =>
      questions.every((question) =>
        scene.replies(channelOf(question)).some(({ buttons }) => buttons.length > 1),
      ),
    );
    await scene.settled();
    const messages = new Set(questions.flatMap((question) => own(scene, channelOf(question))));
    const [first, short] = [
      [...messages].find(({ content }) => content.startsWith('A long answer.')),
      [...messages].find(({ content }) => content === 'Short.'),
    ];
    if (!first || !short) throw new Error('The replies are not there.');
    expect(first.components).toEqual([]);
    const [ann, ben] = [sim.user('ann'), sim.user('ben')];
    ann.reacts(first, '👎🏿');
    ben.reacts(first, '👎');
    ben.reacts(short, '👎');
    ben.reacts(short, '🎉');
    ben.reacts(questions[0] ?? short, '👎');
    const bad = async () => (await gapsOf(bot)).map(({ bad }) => bad.length).toSorted();
    await expect.poll(bad).toEqual([1, 2]);
    ben.unreacts(short, '👎');
    ben.unreacts(first, '👎');
    await expect.poll(() => gapsOf(bot)).toMatchObject([{ bad: [ann.user.id] }]);
  },
);

test('the buttons do the same', async () => {
  const scene = await openScene([says('One.')]);
  const { id } = ask(scene, 'One?');
  await scene.finished(id);
  const reply = own(scene, id).at(-1);
  if (!reply) throw new Error('The reply is not there.');
  const ben = scene.sim.user('ben');
  ben.presses(reply, '👎');
  await expect.poll(() => gapsOf(scene.bot)).toMatchObject([{ question: 'One?', bad: [ben.user.id] }]);
  ben.presses(reply, '👍');
  await expect.poll(() => gapsOf(scene.bot)).toEqual([]);
});

import { ChannelType } from 'discord.js';
import { expect, test } from 'vitest';
import type { DiscordSim } from '../../sim/discord/discord.ts';
import { says } from '../../sim/scripted-model.ts';
import { openScene } from './open-scene.ts';
import type { Scene, SceneOptions } from './scene.ts';

/** What is said where the bot is called into, before it is called. */

const HISTORY = 'GET /channels/:channel/messages';

function open(options?: SceneOptions) {
  const addForum = (sim: DiscordSim) => void sim.addChannel('help', ChannelType.GuildForum);
  return openScene([says('One.'), says('Two.'), says('Three.')], { before: addForum, ...options });
}

const contexts = ({ received }: Scene) =>
  received.map(({ context }) => context?.map(({ author, text }) => `${author}: ${text}`));

const last = (scene: Scene, channel: string) => scene.sim.message(scene.replies(channel).at(-1)?.id ?? '');

test('a call into a thread brings what it began with and what was said there, for the first turn only', async () => {
  const scene = await open();
  const { sim } = scene;
  const [ann, ben, robot] = [sim.user('ann'), sim.user('ben'), sim.user('robot')];
  robot.user.bot = true;
  const thread = ben.startsThread(ben.says('general', 'Refunds are late again'), 'Late refunds');
  ben.says(thread, `Since Monday, ${ann.mention}`, { files: [{ name: 'late.csv', data: 'a,b' }] });
  robot.says(thread, '', { embeds: [{ title: 'Alert', description: 'Queue is full' }] });
  ann.says(thread, `${sim.mention} can you answer this?`);
  await scene.finished(thread.id);
  ann.says(thread, 'And now?');
  await scene.finished(thread.id, 2);
  expect(contexts(scene)).toEqual([
    [
      'ben: Late refunds\n\nRefunds are late again',
      'ben: Since Monday, @ann\n\n[file: late.csv]',
      'robot: Embed:\n> Alert\n> Queue is full',
    ],
    undefined,
  ]);
  expect(scene.received[0]?.text).toBe('can you answer this?');
  const read = scene.model.requests.map(({ items }) => JSON.stringify(items).includes('Queue is full'));
  expect(read).toEqual([true, false]);
});

test('a title that is the beginning of what a thread began with is not said twice, and a thread without that has one', async () => {
  const scene = await open();
  const { sim } = scene;
  const [ann, ben] = [sim.user('ann'), sim.user('ben')];
  const long = ben.startsThread(ben.says('general', 'Refunds\nare late again'), 'Refunds are late…');
  const gone = ben.says('general', 'x');
  const orphan = ben.startsThread(gone, 'Orphan');
  ben.deletes(gone);
  const alone = ben.startsPrivateThread('general', 'Secret');
  ben.invitesBot(alone);
  for (const thread of [long, orphan, alone]) {
    (thread === alone ? ben : ann).says(thread, `${sim.mention} well?`);
    await scene.finished(thread.id);
  }
  expect(contexts(scene)).toEqual([['ben: Refunds\nare late again'], ['ben: Orphan'], ['ben: Secret']]);
});

test("a call into a forum's post brings the post's title and its first message", async () => {
  const scene = await open();
  const { sim } = scene;
  const file = { name: 'log.txt', data: 'x' };
  const post = sim.user('ben').posts('help', 'Refunds are late', 'Since Monday.', [file]);
  sim.user('cal').says(post.channel, 'Here, too.');
  sim.user('ann').says(post.channel, `${sim.mention} can you answer this?`);
  await scene.finished(post.id);
  expect(contexts(scene)).toEqual([
    ['ben: Refunds are late\n\nSince Monday.\n\n[file: log.txt]', 'cal: Here, too.'],
  ]);
});

test.each([
  ['and more', 'How long do refunds take?\n\nOn weekends, too?', 'On weekends, too?'],
  ['alone', 'How long do refunds take?', ''],
])("a forum's post that calls the bot asks what its title says, %s", async (_what, asked, text) => {
  const scene = await open();
  const { sim } = scene;
  const post = sim.user('ben').posts('help', 'How long do refunds take?', `${sim.mention} ${text}`);
  await scene.finished(post.id);
  expect(scene.told()).toEqual([asked]);
  expect(contexts(scene)).toEqual([undefined]);
});

test('of a long thread its beginning and the latest messages go along, of a chain of replies all of them', async () => {
  const scene = await open();
  const { sim } = scene;
  const [ann, ben, cal] = [sim.user('ann'), sim.user('ben'), sim.user('cal')];
  const thread = ben.startsThread(ben.says('general', 'start'), 'start');
  for (let n = 0; n < 70; n++) ben.says(thread, `message ${n}`);
  ann.says(thread, `${sim.mention} well?`);
  await scene.finished(thread.id);
  const [context = []] = contexts(scene);
  expect([context.length, context[0], context[1], context.at(-1)]).toEqual([
    51,
    'ben: start',
    'ben: message 20',
    'ben: message 69',
  ]);
  const first = ben.says('general', 'Refunds are late', { files: [{ name: 'a.txt', data: 'x' }] });
  const second = cal.says('general', 'It is the bank', { replyTo: first });
  const call = ann.says('general', `${sim.mention} is it?`, { replyTo: second });
  await scene.finished(call.id);
  expect(contexts(scene).at(-1)).toEqual(['ben: Refunds are late\n\n[file: a.txt]']);
  expect(scene.received.at(-1)?.text).toBe('> cal: It is the bank\n\nis it?');
});

test('/ask in a thread calls the bot into it, and Regenerate of the first answer calls it anew', async () => {
  const scene = await open();
  const { sim } = scene;
  const [ann, ben] = [sim.user('ann'), sim.user('ben')];
  const asked = ben.startsThread(ben.says('general', 'Refunds are late'), 'Refunds are late');
  ann.command('ask', { question: 'Why?' }, asked);
  await scene.finished(asked.id);
  expect(contexts(scene)).toEqual([['ben: Refunds are late']]);
  const called = ben.startsThread(ben.says('general', 'Refunds are lost'), 'Refunds are lost');
  ann.says(called, `${sim.mention} why?`);
  await scene.finished(called.id);
  ann.presses(last(scene, called.id), 'Regenerate');
  await scene.finished(called.id, 2);
  ann.says(called, 'And then?');
  await scene.finished(called.id, 3);
  ann.presses(last(scene, called.id), 'Regenerate');
  await scene.finished(called.id, 4);
  const lost = ['ben: Refunds are lost'];
  expect(contexts(scene).slice(1)).toEqual([lost, lost, undefined, undefined]);
});

test.each([
  [
    'the permission to read back is missing',
    (sim: DiscordSim) => sim.deny('general', ['ReadMessageHistory']),
  ],
  ['Discord fails', (sim: DiscordSim) => sim.fail(HISTORY, 500, 9)],
  ['Discord does not answer', (sim: DiscordSim) => sim.fail(HISTORY, 'hang')],
])('when %s, a call into a thread is answered all the same', async (what, trouble) => {
  const scene = await open();
  const { sim } = scene;
  const thread = sim.user('ben').startsThread(sim.user('ben').says('general', 'Refunds'), 'Refunds');
  trouble(sim);
  sim.user('ann').says(thread, `${sim.mention} well?`);
  await scene.finished(thread.id);
  expect(scene.received[0]?.text).toBe('well?');
  const isLogged = scene.log.some(({ msg }) => msg.startsWith('what was said before'));
  expect(isLogged).toBe(what.startsWith('Discord'));
});

import { expect, test } from 'vitest';
import { says } from '../../sim/scripted-model.ts';
import { openDiscord, openScene } from './open-scene.ts';
import type { Scene, SceneOptions } from './scene.ts';

/** A scene that notes what people take back, by conversation and message. */
async function opened(options: SceneOptions = {}): Promise<{ scene: Scene; retracted: string[][] }> {
  const scene = await openScene([says('Fine.')], options);
  const retracted: string[][] = [];
  scene.bot.retract = async (...message) => void retracted.push(message);
  return { scene, retracted };
}

/** How the bot knows the messages that it was given. */
function known({ received }: Scene, ...texts: string[]): string[][] {
  const taken = texts.map((text) => received.find((message) => message.text.includes(text)));
  return taken.map((message) => [message?.conversation ?? '', message?.id ?? '']);
}

test('what people delete is taken back by the names that it was given by', async () => {
  const { scene, retracted } = await opened();
  const { sim } = scene;
  const ann = sim.user('ann');
  const mention = ann.says('general', `${sim.mention} one`);
  await scene.finished(mention.id);
  const follow = ann.says(mention.id, 'two');
  const direct = ann.dm('three');
  sim.user('ben').command('ask', { question: 'four' });
  await scene.finished(direct.channel.id);
  await sim.until(() => scene.received.length === 4);
  await scene.settled();
  const asked = sim.message(scene.received.find(({ text }) => text === 'four')?.id ?? '');
  for (const message of [follow, direct, mention]) ann.deletes(message);
  sim.purge([asked]);
  await sim.until(() => retracted.length === 4);
  expect(retracted.toSorted()).toEqual(known(scene, 'two', 'three', 'one', 'four').toSorted());
});

test('a reply in a channel is taken back from the conversation that it went on with', async () => {
  const { scene, retracted } = await opened({ discord: { replyIn: 'channel' } });
  const { sim } = scene;
  const ann = sim.user('ann');
  const first = ann.says('general', `${sim.mention} one`);
  const [answer] = await scene.finished('general');
  const replyTo = sim.message(answer?.id ?? '');
  const second = ann.says('general', 'two', { replyTo });
  await scene.finished('general', 2);
  const third = ann.says('general', 'three', { replyTo });
  await scene.finished('general', 3);
  ann.deletes(third);
  await sim.until(() => retracted.length === 1);
  // By a process that has not heard it.
  await scene.platform.close();
  await openDiscord(sim).start(scene.bot);
  sim.purge([second, first]);
  await sim.until(() => retracted.length === 3);
  expect(retracted).toEqual([third, second, first].map(({ id }) => [`discord:${first.id}`, id]));
});

test('many that are deleted at once are taken back each', async () => {
  const { scene, retracted } = await opened();
  const { sim } = scene;
  const asked = [1, 2, 3].map((n) => sim.user('ann').says('general', `${sim.mention} question ${n}`));
  await sim.until(() => scene.received.length === 3);
  await scene.settled();
  sim.purge(asked);
  await sim.until(() => retracted.length === 3);
  expect(retracted).toEqual(asked.map(({ id }) => [`discord:${id}`, id]));
});

test('messages are taken back that were written before the process began, also where nothing was said since', async () => {
  const { scene, retracted } = await opened();
  const { sim, bot } = scene;
  const ann = sim.user('ann');
  const thread = ann.startsThread(ann.says('general', 'x'), 'Talk');
  const messages = [ann.dm('one'), ann.says(thread, `${sim.mention} two`)];
  await sim.until(() => scene.received.length === 2);
  await scene.settled();
  ann.changesThread(thread, { archived: true });
  await scene.platform.close();
  await openDiscord(sim).start(bot);
  for (const message of messages) ann.deletes(message);
  await sim.until(() => retracted.length === 2);
  expect(retracted).toEqual(known(scene, 'one', 'two'));
});

test('what is deleted as soon as it is written is taken first, and taken back then', async () => {
  const { scene, retracted } = await opened();
  const { sim, bot } = scene;
  const order: string[] = [];
  const receive = bot.receive.bind(bot);
  bot.receive = (message) => {
    order.push('taken');
    return receive(message);
  };
  bot.retract = async (...message) => {
    order.push('taken back');
    retracted.push(message);
  };
  const message = sim.user('ann').dm('oh no');
  sim.user('ann').deletes(message);
  await sim.until(() => order.length === 2);
  expect(order).toEqual(['taken', 'taken back']);
  expect(retracted).toEqual([[`discord:${message.channel.id}`, message.id]]);
});

test('what can not be taken back is an error in the log', async () => {
  const { scene } = await opened();
  scene.bot.retract = async () => {
    throw new Error('the database is gone');
  };
  scene.sim.user('ann').deletes(scene.sim.user('ann').says('general', 'x'));
  await scene.sim.until(() => scene.log.some(({ reason }) => reason === 'the database is gone'));
});

import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../../src/store/open-store.ts';
import { usedDataDir } from '../../e2e/bobbin.ts';
import { filesWith } from '../../operations/traces.ts';
import { says } from '../../sim/scripted-model.ts';
import { openScene } from './open-scene.ts';
import type { Scene } from './scene.ts';

const SECRET = 'zwetschgenkuchen';
const OTHER = 'marillenknoedel';

async function opened(replyIn: 'thread' | 'channel' = 'thread') {
  const dataDir = usedDataDir();
  const store = await openStore({ dataDir });
  onTestFinished(() => store.close());
  const answers = [`One. ${SECRET}`, `Two. ${SECRET}`, `Three. ${OTHER}`].map((text) => says(text));
  const scene = await openScene(answers, {
    store,
    discord: { replyIn },
    sim: { channels: ['general', 'random'] },
  });
  const left = (text: string) => filesWith(dataDir, [text]);
  const gone = () => expect.poll(() => left(SECRET), { timeout: 20_000 }).toEqual([]);
  return { scene, sim: scene.sim, left, gone };
}

/** Somebody asks in a channel; the id of the thread where the answer is. */
async function asked(scene: Scene, text: string, channel = 'general'): Promise<string> {
  const { id } = scene.sim.user('ann').says(channel, `${scene.sim.mention} ${text}`);
  await scene.finished(id);
  return id;
}

test('of a thread that is deleted nothing is left in the database, and all of others', async () => {
  const { scene, sim, left, gone } = await opened();
  const thread = await asked(scene, `one ${SECRET}`);
  sim.user('ann').says(thread, `two ${SECRET}`);
  await scene.finished(thread, 2);
  await asked(scene, `three ${OTHER}`);
  sim.deleteChannel(thread);
  await gone();
  expect(await left(OTHER)).not.toEqual([]);
});

test.each(['thread', 'channel'] as const)(
  'with a channel what was said in it is deleted, also in threads that were archived (answers in the %s)',
  async (replyIn) => {
    const { scene, sim, left, gone } = await opened(replyIn);
    const ann = sim.user('ann');
    ann.says('general', `${sim.mention} one ${SECRET}`);
    await sim.until(() => scene.received.length === 1);
    await scene.settled();
    const thread = ann.startsThread(ann.says('general', 'x'), 'Talk');
    ann.says(thread, `${sim.mention} two ${SECRET}`);
    await scene.finished(thread.id);
    await scene.settled();
    ann.changesThread(thread, { archived: true });
    ann.says('random', `${sim.mention} three ${OTHER}`);
    await sim.until(() => scene.received.length === 3);
    await scene.settled();
    expect(await left(SECRET)).not.toEqual([]);
    sim.deleteChannel('general');
    await gone();
    expect(await left(OTHER)).not.toEqual([]);
  },
);

test('with a server that the bot is removed from all goes that was said there, and no direct messages', async () => {
  const { scene, sim, left, gone } = await opened();
  await asked(scene, `one ${SECRET}`);
  await asked(scene, `two ${SECRET}`, 'random');
  await scene.finished(sim.user('ann').dm(`three ${OTHER}`).channel.id);
  await scene.settled();
  sim.removeBot();
  await gone();
  expect(await left(OTHER)).not.toEqual([]);
});

test('a thread that is archived, and a server that is away for a time, keep what was said', async () => {
  const { scene, sim, left } = await opened();
  const thread = await asked(scene, `one ${SECRET}`);
  sim.user('ann').changesThread(sim.channel(thread), { archived: true });
  sim.setAvailable(false);
  sim.setAvailable(true);
  await scene.finished(sim.user('ann').dm('two').channel.id);
  await scene.settled();
  expect(await scene.bot.store.page('retracted', '', 9)).toEqual([]);
  expect(await scene.bot.knows(`discord:${thread}`)).toBe(true);
  expect(await left(SECRET)).not.toEqual([]);
});

test('of a private thread that the bot is removed from nothing is left', async () => {
  const { scene, sim, gone } = await opened();
  const ann = sim.user('ann');
  const thread = ann.startsPrivateThread('general', 'Salaries');
  ann.invitesBot(thread);
  ann.says(thread, `${sim.mention} one ${SECRET}`);
  await scene.finished(thread.id);
  await scene.settled();
  ann.removesBot(thread);
  await gone();
});

import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../../src/store/open-store.ts';
import { usedDataDir } from '../../e2e/bobbin.ts';
import { filesWith } from '../../operations/traces.ts';
import { ScriptedModel, says } from '../../sim/scripted-model.ts';
import type { SlackSim } from '../../sim/slack/slack.ts';
import { asksIn, GENERAL, openWorld } from './world.ts';

const SECRET = 'zwetschgenkuchen';
const OTHER = 'marillenknoedel';

async function opened() {
  const dataDir = usedDataDir();
  const store = await openStore({ dataDir });
  onTestFinished(() => store.close());
  const texts = [`One. ${SECRET}`, `Two. ${SECRET}`, `Three. ${OTHER}`].map((text) => says(text));
  const world = await openWorld({ model: new ScriptedModel(...texts), store });
  const left = (text: string) => filesWith(dataDir, [text]);
  return { ...world, left };
}

const WAYS: [string, string, (sim: SlackSim, channel: string) => void][] = [
  ['a channel that is deleted', GENERAL, (sim, channel) => sim.deletesChannel(channel)],
  ['a private channel that is deleted', 'C0PRIVATE', (sim, channel) => sim.deletesChannel(channel)],
  ['a channel that the app is removed from', GENERAL, (sim, channel) => sim.setBotMember(channel, false)],
  ['a private one that it is removed from', 'C0PRIVATE', (sim, channel) => sim.setBotMember(channel, false)],
];

test.each(WAYS)(
  'of %s nothing is left in the database, and all of others',
  async (_what, channel, vanishes) => {
    const { sim, left } = await opened();
    for (const word of ['one', 'two']) await asksIn(sim, channel, `@bobbin ${word} ${SECRET}`).quiet();
    await asksIn(sim, sim.user('ann').dm, `three ${OTHER}`).quiet();
    expect(await left(SECRET)).not.toEqual([]);
    vanishes(sim, channel);
    await expect.poll(() => left(SECRET), { timeout: 20_000 }).toEqual([]);
    expect(await left(OTHER)).not.toEqual([]);
  },
);

test('of a thread whose first message is deleted when nothing else is left there nothing is kept', async () => {
  const { sim, bot } = await opened();
  const ann = sim.user('ann');
  const thread = asksIn(sim, ann.dm, `one ${SECRET}`);
  await thread.quiet();
  for (const { ts } of sim.workspace.replies(sim.workspace.channel(thread.channel), thread.ts))
    sim.removes({ channel: thread.channel, ts });
  ann.deletes(thread);
  await expect.poll(() => bot.store.page('conversations', '', 9), { timeout: 20_000 }).toEqual([]);
});

test('what was said in an archived channel stays', async () => {
  const { sim, bot } = await opened();
  const thread = asksIn(sim, GENERAL, `@bobbin one ${SECRET}`);
  await thread.quiet();
  sim.archives(GENERAL);
  await asksIn(sim, sim.user('ann').dm, 'two').quiet();
  await sim.settled();
  expect(await bot.knows(`slack:${GENERAL}:${thread.ts}`)).toBe(true);
  expect(await bot.store.page('retracted', '', 9)).toEqual([]);
});

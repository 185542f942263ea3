import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { Slack } from '../adapters/slack/slack.ts';
import { openBot } from '../src/bot.ts';
import { OpeningBot } from '../src/opening-bot.ts';
import { Problem } from '../src/problem.ts';
import type { RunningBot } from '../src/running-bot.ts';
import { readSettings } from '../src/settings/settings.ts';
import { memoryStore } from '../src/store/sqlite/store.ts';
import { startSlack } from './sim/slack/slack.ts';

const CHANNEL = 'C0GENERAL';

/** The real adapter, connected in a simulated workspace to a bot that is made when the test says so. */
async function connecting() {
  const sim = await startSlack();
  const log = pino({ level: 'silent' });
  const { botToken, appToken } = sim.app;
  const slack = new Slack({ botToken, appToken, apiUrl: sim.apiUrl, log });
  const settings = await readSettings({});
  const made = Promise.withResolvers<RunningBot>();
  const bot = new OpeningBot(settings.assistant.prompts, () => made.promise);
  const connected = bot.connect([slack]);
  connected.catch(() => {});
  const style = { toolCall: () => undefined };
  const make = async () =>
    made.resolve(await openBot({ settings, store: memoryStore(), log, reader: 'team', style }));
  onTestFinished(async () => {
    made.reject(new Error('The test is over.'));
    await bot.close();
    await sim.close();
  });
  await sim.until(() => sim.socketMode.connections > 0);
  return { sim, bot, connected, make, fail: made.reject };
}

test('what people write while the assistant is being made is answered, each conversation by itself', async () => {
  const { sim, connected, make } = await connecting();
  const before = await sim.user('ann').says(CHANNEL, '@bobbin hello');
  const other = await sim.user('ann').says(CHANNEL, '@bobbin good morning');
  // It is sent, and not acknowledged as long as nobody can keep it.
  expect(sim.delivery.log).toEqual([]);
  await make();
  await connected;
  for (const { ts } of [before, other])
    await sim.until(() => sim.thread(CHANNEL, ts).includes('[Regenerate]'));
});

test('a stop that comes before the assistant finds the turn of what waits', async () => {
  const { bot, connected, make } = await connecting();
  const conversation = 'slack:C0GENERAL:1.0';
  const inVain = bot.stop(conversation);
  void bot.receive({
    id: '1',
    conversation: 'slack:C0GENERAL:2.0',
    author: { id: 'U1', name: 'ann' },
    text: 'hello',
    replyTo: { channel: 'C0GENERAL', thread: '2.0', ts: '2.0', user: 'U1', team: 'T1' },
  });
  const stopped = bot.stop('slack:C0GENERAL:2.0');
  await make();
  await connected;
  expect(await stopped).toBe(true);
  expect(await inVain).toBe(false);
});

test('an assistant that can’t be had ends the start, and what had connected is closed', async () => {
  const { sim, bot, connected, fail } = await connecting();
  const received = bot.receive({
    id: '1',
    conversation: 'slack:1',
    author: { id: 'U1', name: 'ann' },
    text: 'hello',
  });
  fail(new Problem('There is none.'));
  await expect(connected).rejects.toThrow('There is none.');
  await received.answered;
  await bot.close();
  await sim.until(() => sim.socketMode.connections === 0);
});

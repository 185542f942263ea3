import { expect, test } from 'vitest';
import { Problem } from '../../../src/problem.ts';
import type { DiscordSim } from '../../sim/discord/discord.ts';
import { says } from '../../sim/scripted-model.ts';
import { idle } from './idle-bot.ts';
import { openDiscord, openScene, openSim } from './open-scene.ts';

const PORTAL = 'https://discord.com/developers/applications';

async function refusal(sim: DiscordSim, options: { token?: string; apiUrl?: string } = {}): Promise<Problem> {
  const error = await openDiscord(sim, options)
    .start(idle)
    .catch((error: unknown) => error);
  if (error instanceof Problem) return error;
  throw new Error('It started.', { cause: error });
}

test('a bad token is named, with the page where to get a new one, and is not shown', async () => {
  const { message } = await refusal(await openSim(), { token: 'MTIz.secret.token' });
  expect(message).toContain('Discord does not take the bot token in DISCORD_TOKEN.');
  expect(message).toContain(PORTAL);
  expect(message).not.toContain('secret');
});

test('an API that can not be reached is named without what is secret in its address', async () => {
  const sim = await openSim();
  const { message } = await refusal(sim, { apiUrl: 'http://user:secret@127.0.0.1:9/api' });
  expect(message).toContain('Discord could not be reached at 127.0.0.1:9');
  expect(message).toContain('DISCORD_API_URL');
  expect(message).not.toContain('secret');
});

test('an API that is down is named with its status page', async () => {
  const sim = await openSim();
  sim.fail('*', 503, 99);
  const { message } = await refusal(sim);
  expect(message).toContain('Discord answers with the status 503');
  expect(message).toContain('https://discordstatus.com');
});

test('an address with a slash at its end does as well', async () => {
  const sim = await openSim();
  await openDiscord(sim, { apiUrl: `${sim.apiUrl}/` }).start(idle);
  expect(sim.gateway.connected).toBe(1);
});

test('intents that the gateway refuses are named, with the switch and its page', async () => {
  const sim = await openSim();
  let reads = 0;
  // Switched off between the moment when the application is read and that when the gateway is asked.
  Object.defineProperty(sim.world.settings, 'privilegedIntents', {
    get: () => (reads++ === 0 ? ['MessageContent'] : []),
  });
  const { message } = await refusal(sim);
  expect(message).toContain('Switch the Message Content Intent on at');
  expect(message).toContain(PORTAL);
});

test('a bot that has begun all the sessions of its day gets to know until when, and why that may be', async () => {
  const sim = await openSim({ sessionStarts: 0 });
  const { message } = await refusal(sim);
  expect(message).toContain('Discord lets this bot begin no more sessions until');
  expect(message).toMatch(/until \d{4}-\d\d-\d\dT[\d:]+/);
  expect(message).toContain('restarts');
});

test('a mention by the role of the bot, which can not be read without the intent, is told to mention the bot', async () => {
  const scene = await openScene([says('ok')], { sim: { privilegedIntents: [] } });
  const { sim } = scene;
  const own = [...sim.guild.roles.values()].find(({ bot }) => bot);
  sim.allow('general', ['MentionEveryone'], 'everyone');
  sim.user('ann').says('general', `<@&${own?.id}> one`);
  await scene.shows('general', 'Please mention me: here I can only read messages that do.');
  expect(scene.model.requests).toEqual([]);
});

test('without the Message Content Intent mentions and direct messages work, and the log says what to switch on', async () => {
  const scene = await openScene([says('ok')], { sim: { privilegedIntents: [] } });
  const { sim } = scene;
  expect(scene.log.map(({ msg }) => msg).join()).toContain(`switch it on at ${PORTAL}`);
  const question = sim.user('ann').says('general', `${sim.mention} one`);
  await scene.finished(question.id);
  sim.user('ann').dm('two');
  await scene.finished(sim.directMessages('ann').id);
  expect(scene.told()).toEqual(['two']);
});

test('a follow-up that can not be read without the intent is answered with what to do', async () => {
  const scene = await openScene([says('One.'), says('Two.')], { sim: { privilegedIntents: [] } });
  const { sim } = scene;
  const question = sim.user('ann').says('general', `${sim.mention} one`);
  await scene.finished(question.id);
  sim.user('ann').says(question.id, 'two');
  await scene.shows(question.id, 'Please mention me: here I can only read messages that do.');
  sim.user('ann').says(question.id, `${sim.mention} two`);
  await scene.finished(question.id, 2);
  expect(scene.told()).toEqual(['one', 'two']);
});

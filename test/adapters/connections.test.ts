import { GatewayCloseCodes } from 'discord.js';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { Slack } from '../../adapters/slack/slack.ts';
import type { Bot } from '../../src/platform.ts';
import { slack as simulated } from '../sim/slack/fixture.ts';
import { openDiscord, openSim } from './discord/open-scene.ts';

/** A bot that is never asked. */
const idle: Bot = {
  prompts: [],
  knows: async () => false,
  receive: () => ({ kept: Promise.resolve(), answered: Promise.resolve() }),
  stop: async () => false,
  renew: async () => true,
  rate: () => {},
  signOfWork: () => {},
  absence: async () => undefined,
  objection: async () => undefined,
  decide: async () => undefined,
  retract: async () => {},
  vanish: async () => {},
};

async function openSlack(by: 'socket' | 'http') {
  const sim = await simulated();
  const { botToken, appToken, signingSecret } = sim.app;
  const access = by === 'socket' ? { appToken } : { signingSecret };
  const slack = new Slack({ botToken, ...access, apiUrl: sim.apiUrl, log: pino({ level: 'silent' }) });
  onTestFinished(() => slack.close());
  return { sim, slack };
}

test('Slack says when its socket stands, is lost, and stands again', async () => {
  const { sim, slack } = await openSlack('socket');
  expect(slack.isConnected).toBe(false);
  await slack.start(idle);
  await expect.poll(() => slack.isConnected).toBe(true);
  sim.fails('apps.connections.open', { error: 'internal_error', times: 1 });
  sim.socketMode.drop();
  await expect.poll(() => slack.isConnected).toBe(false);
  await expect.poll(() => slack.isConnected).toBe(true);
  await slack.close();
  await expect.poll(() => slack.isConnected).toBe(false);
});

test('Slack by HTTP needs no connection once it has started', async () => {
  const { slack } = await openSlack('http');
  expect(slack.isConnected).toBe(false);
  await slack.start(idle);
  expect(slack.isConnected).toBe(true);
});

test('Discord says when the gateway has let it in, and when it has lost it', async () => {
  const sim = await openSim();
  const discord = openDiscord(sim);
  expect(discord.isConnected).toBe(false);
  await discord.start(idle);
  expect(discord.isConnected).toBe(true);
  sim.gateway.closeAll(GatewayCloseCodes.AuthenticationFailed);
  await expect.poll(() => discord.isConnected).toBe(false);
});

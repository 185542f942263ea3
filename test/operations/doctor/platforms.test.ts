import { pino } from 'pino';
import { expect, test } from 'vitest';
import { examine as examineDiscord } from '../../../adapters/discord/examine.ts';
import { type ExamineOptions, examine as examineSlack } from '../../../adapters/slack/examine.ts';
import { SCOPES } from '../../../adapters/slack/surface.ts';
import { openSim } from '../../adapters/discord/open-scene.ts';
import type { DiscordOptions } from '../../sim/discord/options.ts';
import { slack as simulated } from '../../sim/slack/fixture.ts';
import type { SlackOptions } from '../../sim/slack/options.ts';
import { told } from './told.ts';

const log = pino({ level: 'silent' });

async function slack(sim: SlackOptions = {}, options: Partial<ExamineOptions> = {}) {
  const slack = await simulated(sim);
  const { apiUrl, app } = slack;
  const { botToken, appToken } = app;
  const lines = await told(() => examineSlack({ botToken, appToken, apiUrl, log, ...options }));
  for (const line of lines) for (const token of [botToken, appToken]) expect(line).not.toContain(token);
  expect(slack.socketMode.connections).toBe(0);
  return lines;
}

const BOT_TOKEN = /^✓ SLACK_BOT_TOKEN is the one of bobbin in the workspace /;
const APP_TOKEN = '✓ SLACK_APP_TOKEN opens connections for Socket Mode.';
const EVENTS = /^\? Slack tells nobody which events.*adapters\/slack\/manifest\.json\.$/;

test('a Slack app that is set up well', async () => {
  expect(await slack()).toEqual([
    expect.stringMatching(BOT_TOKEN),
    `✓ The app has all ${SCOPES.length} scopes of adapters/slack/manifest.json.`,
    APP_TOKEN,
    expect.stringMatching(EVENTS),
  ]);
});

test('each Slack token is looked at by itself', async () => {
  const wrong = { botToken: 'xoxb-wrong' };
  expect(await slack({}, wrong)).toEqual([
    expect.stringMatching(/^✗ Slack does not take SLACK_BOT_TOKEN \(invalid_auth\): copy/),
    APP_TOKEN,
    expect.stringMatching(EVENTS),
  ]);
  const poor = { tokens: { 'xapp-poor': { kind: 'app' as const, scopes: [] } } };
  const [bot, , app] = await slack(poor, { appToken: 'xapp-poor' });
  expect(bot).toMatch(BOT_TOKEN);
  expect(app).toMatch(/^✗ SLACK_APP_TOKEN lacks the scope connections:write/);
});

test('scopes that a Slack app lacks are wrong or a limit, as the bot can do without or not', async () => {
  const without = (name: string) => ({ scopes: SCOPES.filter((scope) => scope !== name) });
  expect((await slack(without('files:read')))[0]).toMatch(
    /^✗ The Slack app lacks the scope files:read: paste/,
  );
  const older = await slack(without('mpim:history'));
  expect(older[1]).toMatch(/^! .*messages in group direct messages are not heard\. Paste/);
  expect(older).toHaveLength(4);
});

test('what nobody can see of Slack from here is said', async () => {
  const lines = await slack({}, { appToken: undefined, signingSecret: 'secret' } as object);
  expect(lines.filter((line) => line.startsWith('?'))).toEqual([
    expect.stringMatching(/whether SLACK_SIGNING_SECRET is right/),
    expect.stringMatching(EVENTS),
  ]);
  const [unreachable] = await slack({}, { apiUrl: 'http://127.0.0.1:1/api' });
  expect(unreachable).toMatch(/^✗ Slack can't be reached .*SLACK_API_URL/);
});

async function discord(options: DiscordOptions = {}, token?: string) {
  const sim = await openSim(options);
  const lines = await told(() => examineDiscord({ token: token ?? sim.token, apiUrl: `${sim.apiUrl}/` }));
  for (const line of lines) expect(line).not.toContain(token ?? sim.token);
  expect(sim.gateway.identifies).toBe(0);
  return lines;
}

test('a Discord bot that is set up well', async () => {
  expect(await discord()).toEqual([
    '✓ Discord takes DISCORD_TOKEN.',
    '✓ The Message Content Intent is switched on.',
    '✓ The gateway lets the bot begin 1000 more sessions today.',
    '✓ The bot is on Workshop.',
    expect.stringMatching(/^\? What the bot may do in each channel/),
  ]);
});

test('a Discord bot that is not', async () => {
  expect(await discord({}, 'wrong.token.of-discord')).toEqual([
    expect.stringMatching(/^✗ Discord does not take the bot token in DISCORD_TOKEN\. Reset/),
  ]);
  const lines = await discord({ privilegedIntents: [], sessionStarts: 0 });
  expect(lines[1]).toMatch(/^! The Message Content Intent is switched off/);
  expect(lines[2]).toMatch(/^✗ Discord lets this bot begin no more sessions until \d{4}-/);
});

test('a Discord that can not be reached', async () => {
  const lines = await told(() => examineDiscord({ token: 'a', apiUrl: 'http://127.0.0.1:9/api' }));
  expect(lines).toEqual([expect.stringMatching(/^✗ Discord could not be reached at 127\.0\.0\.1:9/)]);
});

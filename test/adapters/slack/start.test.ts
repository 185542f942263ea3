import { pino } from 'pino';
import { expect, test } from 'vitest';
import { Slack, type SlackOptions } from '../../../adapters/slack/slack.ts';
import { SCOPES } from '../../../adapters/slack/surface.ts';
import { Problem } from '../../../src/problem.ts';
import { slack as simulated } from '../../sim/slack/fixture.ts';
import type { SlackOptions as SimOptions } from '../../sim/slack/options.ts';
import { bareBot } from './bare.ts';

const nobody = bareBot();

/** What the person who starts Bobbin reads when Slack does not let it in. */
async function refusal(sim: SimOptions, tokens: Partial<SlackOptions>): Promise<string> {
  const { apiUrl, app } = await simulated(sim);
  const { botToken, appToken } = app;
  const slack = new Slack({ botToken, appToken, apiUrl, log: pino({ level: 'silent' }), ...tokens });
  const error: unknown = await slack.start(nobody).catch((thrown: unknown) => thrown);
  await slack.close();
  expect(error).toBeInstanceOf(Problem);
  const { message } = error instanceof Problem ? error : { message: '' };
  for (const secret of [botToken, appToken]) expect(message).not.toContain(secret);
  return message;
}

test.each([
  [
    'an invalid token',
    { botToken: 'xoxb-wrong' },
    {},
    'SLACK_BOT_TOKEN (invalid_auth)',
    'OAuth & Permissions',
  ],
  [
    'a revoked token',
    { botToken: 'xoxb-old' },
    { tokens: { 'xoxb-old': { kind: 'bot' as const, state: 'revoked' as const } } },
    'no longer valid (token_revoked)',
    'Install App',
  ],
  [
    'a token of a removed user',
    { botToken: 'xoxb-gone' },
    { tokens: { 'xoxb-gone': { kind: 'bot' as const, state: 'inactive' as const } } },
    'no longer valid (account_inactive)',
    'Install App',
  ],
  [
    'a token of another workspace',
    { botToken: 'xoxb-else' },
    { tokens: { 'xoxb-else': { kind: 'bot' as const, teamId: 'T0ELSE', scopes: [...SCOPES] } } },
    'belongs to the workspace Elsewhere',
    'OAuth & Permissions',
  ],
  [
    'missing scopes',
    {},
    { scopes: ['chat:write', 'users:read'] },
    'scopes app_mentions:read,',
    'App Manifest',
  ],
  [
    'one missing scope',
    {},
    { scopes: SCOPES.filter((scope) => scope !== 'commands') },
    'scope commands:',
    'App Manifest',
  ],
  [
    'an unknown app token',
    { appToken: 'xapp-wrong' },
    {},
    'SLACK_APP_TOKEN is not taken',
    'App-Level Tokens',
  ],
  [
    'an app token without its scope',
    { appToken: 'xapp-poor' },
    { tokens: { 'xapp-poor': { kind: 'app' as const, scopes: [] } } },
    'lacks the scope connections:write',
    'App-Level Tokens',
  ],
  [
    'an app token of another app',
    { appToken: 'xapp-1-A0OTHER-1-secret' },
    {},
    'SLACK_APP_TOKEN belongs to the app A0OTHER, and SLACK_BOT_TOKEN to the app A0BOBBIN',
    'from one app',
  ],
  [
    'a bot token in the app token’s place',
    { appToken: 'xoxb-simulated-bot-token' },
    {},
    'SLACK_APP_TOKEN is not taken by Slack (not_allowed_token_type)',
    'App-Level Tokens',
  ],
])('%s is named at start, with the page where it is put right', async (_what, tokens, sim, reason, page) => {
  const message = await refusal(sim, tokens);
  expect(message).toContain(reason);
  expect(message).toContain(page);
  expect(message).toContain('https://api.slack.com/apps');
});

test.each(['http://127.0.0.1:1/api/', 'http://127.0.0.1:1/api'])(
  'a Slack that can’t be reached at %s is told with what to check',
  async (apiUrl) => {
    const message = await refusal({}, { apiUrl });
    expect(message).toContain("can't be reached");
    expect(message).toContain('SLACK_API_URL');
  },
);

test('neither token nor secret for events is a mistake that is named', async () => {
  const slack = new Slack({ botToken: 'xoxb-1', log: pino({ level: 'silent' }) });
  await expect(slack.start(nobody)).rejects.toThrow(/SLACK_APP_TOKEN .* SLACK_SIGNING_SECRET/);
});

test.each<[(typeof SCOPES)[number], string[]]>([
  ['mpim:history', ['messages in group direct messages are not heard']],
  [
    'usergroups:read',
    [
      'documents with an audience are not found in channels',
      'calls that need the word of a user group or a channel ("approve") can be approved by none of their members',
    ],
  ],
])(
  'an app of an older manifest, without %s, starts, and the log says what it can not do',
  async (lacking, told) => {
    const scopes = SCOPES.filter((scope) => scope !== lacking);
    const { apiUrl, app } = await simulated({ scopes });
    const lines: string[] = [];
    const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line).msg) });
    const slack = new Slack({ botToken: app.botToken, appToken: app.appToken, apiUrl, log });
    await slack.start(nobody);
    await slack.close();
    const advice =
      'paste adapters/slack/manifest.json at https://api.slack.com/apps and install the app again';
    expect(lines.filter((line) => line.includes('manifest'))).toEqual(
      told.map((lack) => `${lack}: ${advice}`),
    );
  },
);

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startChatCompletions } from '../sim/chat-completions.ts';
import { startDiscord } from '../sim/discord/discord.ts';
import { CERTIFICATE, type ProxyOptions, startProxy } from '../sim/proxy.ts';
import { startSlack } from '../sim/slack/slack.ts';
import { chat, dataDir, start, usedDataDir } from './bobbin.ts';

const ASSISTANT = '---\nname: Ada\nmodel: sim-large\n---\nHelp.\n';
const CHANNEL = 'C0GENERAL';
const TRUST = { NODE_EXTRA_CA_CERTS: CERTIFICATE };

function closing<T extends { close(): Promise<void> }>(sim: T): T {
  onTestFinished(() => sim.close());
  return sim;
}

const proxy = async (options?: ProxyOptions) => closing(await startProxy(options));
const model = async () => closing(await startChatCompletions({ models: ['sim-large'] }));
const portOf = (url: string) => Number(new URL(url).port);

/** A folder with a `.env` and an assistant, in which Bobbin is started. */
function folderWith(settings: Record<string, string>): string {
  const folder = dataDir();
  writeFileSync(join(folder, 'assistant.md'), ASSISTANT);
  const all = { DATA_DIR: folder, ASSISTANT_FILE: join(folder, 'assistant.md'), PORT: '0', ...settings };
  const lines = Object.entries(all).map(([name, value]) => `${name}=${value}`);
  writeFileSync(join(folder, '.env'), lines.join('\n'));
  return folder;
}

test.each([
  ['with TLS, under names that only it knows', true],
  ['without TLS', false],
])(
  'the model, Slack, its socket, Discord and its gateway are reached through a proxy %s',
  async (_, named) => {
    const models = await model();
    const slack = closing(await startSlack(named ? { origin: 'https://slack.test' } : {}));
    const discord = closing(await startDiscord(named ? { origin: 'https://discord.test' } : {}));
    const way = await proxy({
      names: { 'model.test': portOf(models.url), 'slack.test': slack.port, 'discord.test': discord.port },
      credentials: 'me:p@ss',
    });
    const folder = folderWith({
      [named ? 'HTTPS_PROXY' : 'HTTP_PROXY']: `http://me:p%40ss@${way.host}`,
      OPENAI_BASE_URL: named ? 'https://model.test/v1' : models.url,
      OPENAI_API_KEY: 'sim',
      SLACK_BOT_TOKEN: slack.app.botToken,
      SLACK_APP_TOKEN: slack.app.appToken,
      SLACK_API_URL: slack.apiUrl,
      DISCORD_TOKEN: discord.token,
      DISCORD_API_URL: discord.apiUrl,
      LOG_LEVEL: 'trace',
    });
    const bobbin = start([], TRUST, folder);
    await bobbin.prints('stderr', /"msg":"ready"/);

    const { ts } = slack.user('ann').says(CHANNEL, '@bobbin hello from Slack');
    await slack.until(() => slack.thread(CHANNEL, ts).includes('Regenerate'));
    expect(slack.thread(CHANNEL, ts)).toContain('hello from Slack');
    const { id } = discord.user('ann').says('general', `${discord.mention} hello from Discord`);
    await discord.until(() => discord.world.channels.has(id) && discord.view(id).includes('Regenerate'));
    expect(discord.view(id)).toContain('hello from Discord');

    bobbin.child.kill('SIGTERM');
    const { status, stdout, stderr } = await bobbin.end;
    expect(status).toBe(0);
    const plain = [portOf(models.url), slack.port, discord.port].map((port) => `127.0.0.1:${port}`);
    const servers = named ? ['model.test:443', 'slack.test:443', 'discord.test:443'] : plain;
    expect(new Set(way.tunnels)).toEqual(new Set(servers));
    expect(way.refused).toBe(0);
    expect(stdout + stderr).not.toMatch(/p@ss|p%40ss|bWU6cEBzcw/);
  },
);

test('another Assistants server is reached through the proxy, which HTTP_PROXY alone may name, without http://', async () => {
  const key = { ASSISTANTS_API_KEY: 'key-of-the-server' };
  const server = start(['serve'], { PORT: '0', DATA_DIR: usedDataDir(), ...key });
  await server.prints('stderr', /"port":\d+/);
  const [, port = ''] = /"port":(\d+)/.exec(server.output.stderr) ?? [];
  const way = await proxy({ names: { 'assistants.test': Number(port) } });
  const env = { ...TRUST, DATA_DIR: dataDir(), https_proxy: '', HTTP_PROXY: way.host };
  const { status, stdout } = await chat(['hello'], {
    ...env,
    ...key,
    ASSISTANTS_BASE_URL: 'https://assistants.test/v1',
  });
  expect(stdout).toContain('offline demo');
  expect(status).toBe(0);
  expect(new Set(way.tunnels)).toEqual(new Set(['assistants.test:443']));
});

test('NO_PROXY keeps what it names out of the proxy', async () => {
  const models = await model();
  const way = await proxy();
  const folder = folderWith({
    OPENAI_BASE_URL: models.url,
    OPENAI_API_KEY: 'sim',
    HTTP_PROXY: `http://${way.host}`,
  });
  const through = await chat(['one'], {}, [], folder);
  expect(through.stdout).toContain('one');
  const before = way.tunnels.length;
  expect(before).toBeGreaterThan(0);
  const around = await chat(['two'], { NO_PROXY: `localhost,127.0.0.0/8:${portOf(models.url)}` }, [], folder);
  expect(around.stdout).toContain('two');
  expect(way.tunnels).toHaveLength(before);
});

const SLACK = {
  SLACK_BOT_TOKEN: 'xoxb-1',
  SLACK_APP_TOKEN: 'xapp-1',
  SLACK_API_URL: 'https://slack.test/api',
};
const DISCORD = { DISCORD_TOKEN: 'token', DISCORD_API_URL: 'https://discord.test/api' };

test.each([
  ['refuses the credentials', SLACK, (host: string) => host, /wants other credentials \(status 407\)/],
  ['is not there', DISCORD, () => '127.0.0.1:9', /the proxy 127\.0\.0\.1:9 can't be reached/],
])('a proxy that %s is named at the start, without what is secret', async (_, platform, hostOf, reason) => {
  const way = await proxy({ credentials: 'me:other' });
  const HTTPS_PROXY = `http://me:s3cret@${hostOf(way.host)}`;
  const env = { DATA_DIR: dataDir(), PORT: '0', LOG_LEVEL: 'trace', HTTPS_PROXY };
  const { status, stderr } = await start([], { ...env, ...platform }).end;
  expect(stderr).toMatch(reason);
  expect(stderr).not.toMatch(/s3cret|^\s+at /m);
  expect(status).toBe(1);
});

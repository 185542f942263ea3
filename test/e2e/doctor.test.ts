import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { startSim } from '../adapters/discord/scene.ts';
import { startChatCompletions } from '../sim/chat-completions.ts';
import { startSlack } from '../sim/slack/slack.ts';
import { dataDir, type Ended, start, usedDataDir } from './bobbin.ts';

async function platforms() {
  const [slack, discord] = await Promise.all([startSlack(), startSim()]);
  const model = await startChatCompletions({ models: ['sim-small'] });
  onTestFinished(() => Promise.all([slack, discord, model].map((sim) => sim.close())).then(() => {}));
  const env = {
    DATA_DIR: usedDataDir(),
    PORT: '0',
    OPENAI_BASE_URL: model.url,
    OPENAI_API_KEY: 'sim-secret-of-the-model',
    MODEL: 'sim-small',
    SLACK_BOT_TOKEN: slack.app.botToken,
    SLACK_APP_TOKEN: slack.app.appToken,
    SLACK_API_URL: slack.apiUrl,
    DISCORD_TOKEN: discord.token,
    DISCORD_API_URL: discord.apiUrl,
  };
  return { slack, discord, model, env };
}

function doctor(env: Record<string, string>, ...options: string[]): Promise<Ended> {
  return start(['doctor', ...options], env).end;
}

/** The marks of each part, such as `Store ✓✓✓`. */
function marks(stdout: string): string[] {
  const [parts = ''] = stdout.split('\n\n');
  return parts.split(/\n(?! )/).map((part) => {
    const [title, ...lines] = part.split('\n');
    return `${title} ${lines.map((line) => /^ {2}([✓!✗?]) /.exec(line)?.[1] ?? '').join('')}`;
  });
}

/** What it says of the real sandbox, which has all its walls. */
const WALLS = [
  /✓ Python 3\.\d+\.\S+ starts and runs code\.\n/,
  /✓ It reaches no network\.\n/,
  /✓ It reads no file and no environment of this machine\.\n/,
  /✓ It starts no other process and reaches none\.\n/,
  /✓ It gets 512 MB of memory and no more\.\n/,
  /✓ What runs for too long is ended\.\n/,
];

test('beside a running Bobbin the doctor finds everything well, and disturbs nothing', async () => {
  const { slack, discord, env } = await platforms();
  const bobbin = start([], env);
  await bobbin.prints('stderr', /"msg":"ready"/);
  const { stdout, stderr, status } = await doctor(env, '--ask');
  expect(stderr).toBe('');
  expect(marks(stdout)).toEqual([
    'Configuration ✓',
    expect.stringMatching(/^Store ✓[✓!]✓$/),
    'Model ✓✓',
    'Slack ✓✓✓?',
    'Discord ✓✓✓✓?',
    'Functions ✓',
    'Sandbox ✓✓✓✓✓✓✓',
    expect.stringMatching(/^Walls [✓!]+$/),
  ]);
  expect(stdout).toContain('is in use by a running Bobbin');
  expect(stdout).toMatch(/\nNothing is wrong\. What has a \? could not be checked from here\.\n$/);
  expect(stdout).not.toContain('\u001b');
  for (const wall of WALLS) expect(stdout).toMatch(wall);
  for (const name of ['OPENAI_API_KEY', 'SLACK_BOT_TOKEN', 'SLACK_APP_TOKEN', 'DISCORD_TOKEN'] as const)
    expect(stdout).not.toContain(env[name]);
  expect(status).toBe(0);
  expect(slack.socketMode.connections).toBe(1);
  expect(discord.gateway.connected).toBe(1);
  bobbin.child.kill('SIGTERM');
  expect((await bobbin.end).status).toBe(0);
});

test('everything that is wrong is told at once, each with what to do', async () => {
  const { env } = await platforms();
  const DATA_DIR = dataDir();
  const database = new DatabaseSync(join(DATA_DIR, 'bobbin.sqlite'));
  database.exec('CREATE TABLE entries (key TEXT PRIMARY KEY); PRAGMA user_version = 999');
  database.close();
  const ASSISTANT_FILE = join(DATA_DIR, 'assistant.md');
  writeFileSync(ASSISTANT_FILE, '---\nname: Bobbin\n---\nHelp.\n');
  const { stdout, status } = await doctor({
    ...env,
    DATA_DIR,
    ASSISTANT_FILE,
    MODEL: 'sim-big',
    SLACK_BOT_TOKEN: 'xoxb-wrong-and-secret',
    SLACK_APP_TOKEN: 'xapp-wrong-and-secret',
    DISCORD_TOKEN: 'wrong.and.secret',
  });
  expect(marks(stdout)).toEqual([
    'Configuration ✓',
    expect.stringMatching(/^Store ✓[✓!]✗$/),
    'Model ✗?',
    'Slack ✗✗?',
    'Discord ✗',
    'Functions ✓',
    'Sandbox ✓',
    expect.stringMatching(/^Walls [✓!]+$/),
  ]);
  for (const advice of [
    'was written by a newer Bobbin: update this one',
    'does not list the model sim-big: set it in assistant.md, or MODEL, to one of these: sim-small.',
    'Slack does not take SLACK_BOT_TOKEN (invalid_auth): copy',
    'SLACK_APP_TOKEN is not taken by Slack (invalid_auth): generate one',
    'Discord does not take the bot token in DISCORD_TOKEN. Reset the token',
  ])
    expect(stdout).toContain(advice);
  expect(stdout).toMatch(/\nPut right what has a ✗: 5 of \d+\./);
  expect(stdout).not.toContain('and-secret');
  expect(stdout).not.toContain('and.secret');
  expect(status).toBe(1);
});

test('mistakes in the settings and in assistant.md are told together, and then nothing else is looked at', async () => {
  const ASSISTANT_FILE = join(dataDir(), 'none.md');
  const { stdout, status } = await doctor({ PORT: 'x', RETENTION_DAYS: '0', ASSISTANT_FILE });
  expect(marks(stdout)).toEqual(['Configuration ✗✗✗?']);
  for (const mistake of [
    'PORT is not a port',
    'RETENTION_DAYS is not a number of days',
    'none.md does not exist',
  ])
    expect(stdout).toContain(mistake);
  expect(status).toBe(1);
});

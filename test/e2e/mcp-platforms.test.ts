import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { startChatCompletions } from '../sim/chat-completions.ts';
import { startDiscord } from '../sim/discord/discord.ts';
import { startSlack } from '../sim/slack/slack.ts';
import { tempFolder } from '../store/temp-folder.ts';
import { dataDir, start } from './bobbin.ts';

/** The reference server of the protocol's makers, which is a package. */
const EVERYTHING = createRequire(import.meta.url).resolve(
  '@modelcontextprotocol/server-everything/dist/index.js',
);

const ANSWER = 'There you are: 5, and the logo.';
const GENERAL = 'C0GENERAL';

/** A team whose model calls two tools of the server at once, and then answers. */
async function team() {
  const model = await startChatCompletions({ models: ['m'] });
  onTestFinished(() => model.close());
  const call = (name: string, args: object) => ({
    name,
    arguments: JSON.stringify(args),
    id: `call_${name.at(-1)}`,
  });
  model.next(
    { toolCalls: [call('every__get-sum', { a: 2, b: 3 }), call('every__get-tiny-image', {})] },
    { text: ANSWER },
  );
  const folder = await tempFolder();
  const mcp = { every: { command: process.execPath, args: [EVERYTHING, 'stdio'] } };
  writeFileSync(
    join(folder, 'assistant.md'),
    `---\n${stringify({ name: 'Bobbin', model: 'm', mcp })}---\nYou help.\n`,
  );
  const env = {
    DATA_DIR: dataDir(),
    OPENAI_BASE_URL: model.url,
    OPENAI_API_KEY: 'sim',
    MODEL_API: 'chat',
    PORT: '0',
  };
  /** What the model was told of the calls. */
  const told = () => JSON.stringify(model.requests.at(-1)?.body.messages);
  return { folder, env, told };
}

/** Its process, once the server's tools are there. */
async function serves(platform: Record<string, string>) {
  const { folder, env, told } = await team();
  const bobbin = start([], { ...env, ...platform }, folder);
  await bobbin.prints('stderr', /an MCP server is connected/);
  return told;
}

test('a tool of the reference server is called from the terminal, and its picture is kept', async () => {
  const { folder, env, told } = await team();
  const bobbin = start(['chat'], { ...env, LOG_LEVEL: 'info' }, folder);
  await bobbin.prints('stderr', /an MCP server is connected/);
  bobbin.child.stdin.end('What is 2 + 3?\n');
  const { stdout, stderr } = await bobbin.end;
  expect(stdout).toContain(ANSWER);
  expect(stderr).toMatch(/get-tiny-image-image\.png/);
  expect(told()).toContain('The sum of 2 and 3 is 5');
});

test('so it is from Slack', async () => {
  const sim = await startSlack();
  onTestFinished(() => sim.close());
  const { app, apiUrl } = sim;
  const told = await serves({
    SLACK_BOT_TOKEN: app.botToken,
    SLACK_APP_TOKEN: app.appToken,
    SLACK_API_URL: apiUrl,
  });
  const { ts } = sim.user('ann').says(GENERAL, '@bobbin what is 2 + 3?');
  await sim.until(() => sim.thread(GENERAL, ts).includes('📎 get-tiny-image-image.png'));
  expect(sim.thread(GENERAL, ts)).toContain(ANSWER);
  expect(told()).toContain('The sum of 2 and 3 is 5');
});

test('and from Discord', async () => {
  const sim = await startDiscord();
  onTestFinished(() => sim.close());
  const told = await serves({ DISCORD_TOKEN: sim.token, DISCORD_API_URL: sim.apiUrl });
  const { id } = sim.user('ann').says('general', `${sim.mention} what is 2 + 3?`);
  await sim.until(() => sim.world.channels.has(id) && sim.view(id).includes('get-tiny-image-image.png'));
  expect(sim.view(id)).toContain(ANSWER);
  expect(told()).toContain('The sum of 2 and 3 is 5');
});

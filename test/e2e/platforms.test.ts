import { expect, onTestFinished, test } from 'vitest';
import { type DiscordSim, startDiscord } from '../sim/discord/discord.ts';
import { type SlackSim, startSlack } from '../sim/slack/slack.ts';
import { dataDir, start, usedDataDir, withoutCode } from './bobbin.ts';

const CHANNEL = 'C0GENERAL';
/** A question, and what its answer holds; that of the equation takes Python. */
const HELLO = { question: 'hello', answer: 'offline demo' };
const EQUATION = {
  question: 'I need to solve the equation `3x + 11 = 14`. Can you help me?',
  answer: 'The solution is x = 1.',
};

async function slack(): Promise<SlackSim> {
  const sim = await startSlack();
  onTestFinished(() => sim.close());
  return sim;
}

async function discord(): Promise<DiscordSim> {
  const sim = await startDiscord();
  onTestFinished(() => sim.close());
  return sim;
}

/** Starts Bobbin with a platform's settings only, and waits until it serves. */
async function serve(env: Record<string, string>) {
  const bobbin = start([], { DATA_DIR: usedDataDir(), PORT: '0', ...env });
  await bobbin.prints('stderr', /"msg":"ready"/);
  const [, port] = /"port":(\d+)/.exec(bobbin.output.stderr) ?? [];
  return { ...bobbin, url: `http://127.0.0.1:${port}` };
}

const socketMode = ({ app, apiUrl }: SlackSim) => ({
  SLACK_BOT_TOKEN: app.botToken,
  SLACK_APP_TOKEN: app.appToken,
  SLACK_API_URL: apiUrl,
});

async function answeredInSlack(sim: SlackSim, { question, answer } = HELLO): Promise<string> {
  const { ts } = sim.user('ann').says(CHANNEL, `@bobbin ${question}`);
  await sim.until(() => isWhole(sim.thread(CHANNEL, ts), answer));
  return sim.thread(CHANNEL, ts);
}

async function answeredInDiscord(sim: DiscordSim, { question, answer } = HELLO): Promise<string> {
  const { id } = sim.user('ann').says('general', `${sim.mention} ${question}`);
  await sim.until(() => sim.world.channels.has(id) && isWhole(sim.view(id), answer));
  return sim.view(id);
}

/** The buttons stand under the answer, and the answer is all there. */
const isWhole = (seen: string, answer: string) => seen.includes('Regenerate') && seen.includes(answer);

test('three variables are enough to serve a Slack workspace by Socket Mode', async () => {
  const sim = await slack();
  const { child, end } = await serve(socketMode(sim));
  expect(await answeredInSlack(sim)).toContain(HELLO.answer);
  child.kill('SIGTERM');
  expect((await end).status).toBe(0);
});

test('who has had all turns of an hour that the settings give is told so, and nobody else is', async () => {
  const sim = await slack();
  await serve({ ...withoutCode, ...socketMode(sim), PERSON_TURNS_PER_HOUR: '1' });
  await answeredInSlack(sim);
  sim.user('ann').says(CHANNEL, `@bobbin ${HELLO.question}`);
  await sim.until(() => sim.view(CHANNEL).includes('(only visible to ann) I answer each person at most one'));
  const { ts } = sim.user('ben').says(CHANNEL, `@bobbin ${HELLO.question}`);
  await sim.until(() => isWhole(sim.thread(CHANNEL, ts), HELLO.answer));
});

test('with the signing secret Slack is served by HTTP', async () => {
  const sim = await slack();
  const { url } = await serve({
    ...withoutCode,
    SLACK_BOT_TOKEN: sim.app.botToken,
    SLACK_SIGNING_SECRET: sim.app.signingSecret,
    SLACK_API_URL: sim.apiUrl,
  });
  await sim.useRequestUrl(`${url}/slack/events`);
  expect(await answeredInSlack(sim)).toContain(HELLO.answer);
  const forged = await fetch(`${url}/slack/events`, { method: 'POST', body: '{}' });
  expect(forged.status).toBe(401);
  for (const path of ['/slack/events', '/healthz', '/readyz']) {
    const headers = { origin: 'https://evil.example' };
    expect((await fetch(`${url}${path}`, { method: 'POST', body: '{}', headers })).status, path).toBe(403);
  }
});

test('two variables are enough to serve a Discord server', async () => {
  const sim = await discord();
  const { child, end } = await serve({ DISCORD_TOKEN: sim.token, DISCORD_API_URL: sim.apiUrl });
  expect(await answeredInDiscord(sim)).toContain(HELLO.answer);
  child.kill('SIGTERM');
  expect((await end).status).toBe(0);
});

test('one process serves Slack in both ways and Discord, and shows health and what its budgets do', async () => {
  const [slackSim, discordSim] = await Promise.all([slack(), discord()]);
  const { url, output } = await serve({
    ...socketMode(slackSim),
    SLACK_SIGNING_SECRET: slackSim.app.signingSecret,
    DISCORD_TOKEN: discordSim.token,
    DISCORD_API_URL: discordSim.apiUrl,
    METRICS_PORT: '0',
  });
  await Promise.all([answeredInSlack(slackSim, EQUATION), answeredInDiscord(discordSim, EQUATION)]);
  await slackSim.useRequestUrl(`${url}/slack/events`);
  expect(await answeredInSlack(slackSim, EQUATION)).toContain(EQUATION.answer);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect(await (await fetch(`${url}/readyz`)).json()).toEqual({
    ready: true,
    parts: { process: 'ok', store: 'ok', queue: 'ok', slack: 'ok', discord: 'ok' },
  });
  expect((await fetch(`${url}/metrics`)).status).toBe(404);
  const [, metricsPort] = /"metricsHost":"127\.0\.0\.1","metricsPort":(\d+)/.exec(output.stderr) ?? [];
  const metrics = async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  // A turn is counted once its last call has been answered, which people's view does not show.
  await expect.poll(metrics).toMatch(/bobbin_turn_seconds_count\{platform="slack",status="completed"\} 2/);
  await expect.poll(metrics).toMatch(/bobbin_turn_seconds_count\{platform="discord",status="completed"\} 1/);
  const shown = await metrics();
  expect(shown).toMatch(/bobbin_budget_wait_seconds_count\{budget="[^"]+"\} [1-9]/);
  expect(shown).toMatch(/bobbin_run_seconds_count\{status="completed"\} 3/);
  expect(shown).toMatch(/bobbin_tool_calls_total\{type="code_interpreter"\} 3/);
  expect(shown).toMatch(
    /bobbin_platform_call_seconds_count\{platform="slack",call="chat\.\w+",status="200"\} [1-9]/,
  );
  expect(shown).toMatch(
    /bobbin_platform_call_seconds_count\{platform="discord",call="POST [^"]*\/messages",status="200"\} [1-9]/,
  );
  expect(shown).toMatch(/bobbin_store_seconds_count\{operation="\w+",done="true"\} [1-9]/);
  expect(shown).toMatch(/bobbin_ready\{part="discord"\} 1/);
  expect(shown).toMatch(/bobbin_turns_started_total\{platform="slack"\} 2/);
  expect(shown).toMatch(/bobbin_queue_wait_seconds_count\{platform="slack"\} 2/);
  expect(shown).toMatch(/bobbin_first_text_seconds_count\{platform="slack"\} 2/);
  expect(shown).toMatch(/bobbin_first_text_seconds_count\{platform="discord"\} 1/);
  expect(shown).toMatch(/bobbin_queue_depth 0/);
  expect(shown).toMatch(/bobbin_replicas 1/);
});

test('people read that the model is out of reach, and the log where it should be', async () => {
  const sim = await slack();
  const OPENAI_BASE_URL = 'http://127.0.0.1:1/v1';
  const { output } = await serve({ ...withoutCode, ...socketMode(sim), OPENAI_BASE_URL });
  const { ts } = await sim.user('ann').says(CHANNEL, '@bobbin hello');
  await sim.until(() => sim.thread(CHANNEL, ts).includes('cannot be reached'));
  const [, id] = /reached at the moment.* under (req_\w+)\./s.exec(sim.thread(CHANNEL, ts)) ?? [];
  expect(sim.thread(CHANNEL, ts)).not.toMatch(/127\.0\.0\.1|OPENAI/);
  const line = output.stderr.split('\n').find((text) => text.includes(String(id)));
  expect(line).toContain(OPENAI_BASE_URL);
  expect(JSON.parse(String(line))).toMatchObject({
    conversation: expect.stringMatching(/^slack:.*C0GENERAL/),
    turn: expect.any(String),
    run: expect.stringMatching(/^run_/),
  });
});

test.each([
  [{ SLACK_BOT_TOKEN: 'xoxb-wrong', SLACK_APP_TOKEN: 'xapp-wrong' }, /SLACK_BOT_TOKEN[\s\S]*api\.slack\.com/],
  [{ DISCORD_TOKEN: 'wrong' }, /DISCORD_TOKEN[\s\S]*discord\.com\/developers/],
])('a wrong token is named at the start, with the page where to fix it: %o', async (env, sentence) => {
  const [slackSim, discordSim] = await Promise.all([slack(), discord()]);
  const urls = { SLACK_API_URL: slackSim.apiUrl, DISCORD_API_URL: discordSim.apiUrl };
  const { stderr, status } = await start([], { DATA_DIR: dataDir(), PORT: '0', ...urls, ...env }).end;
  expect(stderr).toMatch(sentence);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(status).toBe(1);
});

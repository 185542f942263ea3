import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startChatCompletions } from '../sim/chat-completions.ts';
import { type DiscordSim, startDiscord } from '../sim/discord/discord.ts';
import { startPostgres } from '../sim/postgres.ts';
import { type SlackSim, startSlack } from '../sim/slack/slack.ts';
import { dataDir, start, withoutCode } from './bobbin.ts';

const CHANNEL = 'C0GENERAL';

/** A team's function that needs its asker's word, and the lines that its calls have left. */
function functionsDir() {
  const FUNCTIONS_DIR = dataDir();
  const file = join(FUNCTIONS_DIR, 'made.txt');
  writeFileSync(
    join(FUNCTIONS_DIR, 'reset.ts'),
    `import { appendFileSync } from 'node:fs';
import { defineFunction } from 'bobbin/functions';
import { z } from 'zod';

export default defineFunction({
  name: 'reset_vpn',
  description: 'Resets the VPN of somebody.',
  parameters: z.object({ user: z.string() }),
  approve: 'asker',
  handler({ user }) {
    appendFileSync(${JSON.stringify(file)}, \`\${user}\\n\`);
    return 'It is reset.';
  },
});
`,
  );
  return { FUNCTIONS_DIR, made: () => (existsSync(file) ? readFileSync(file, 'utf8') : '') };
}

/** A model that wants to call it in each of so many answers, and then tells that it has. */
async function wantingModel(answers = 1) {
  const model = await startChatCompletions({ models: ['sim'] });
  onTestFinished(() => model.close());
  const wish = { toolCalls: [{ name: 'reset_vpn', arguments: '{"user":"ann"}' }] };
  for (let answer = 0; answer < answers; answer++) model.next(wish);
  for (let answer = 0; answer < answers; answer++) model.next({ text: 'I have reset it.' });
  return { OPENAI_BASE_URL: model.url, OPENAI_API_KEY: 'sim-0123456789', MODEL: 'sim' };
}

async function run(env: Record<string, string>) {
  const bobbin = start([], { PORT: '0', ...withoutCode, ...env });
  await bobbin.prints('stderr', /"msg":"ready"/);
  return bobbin;
}

interface Stage {
  env: Record<string, string>;
  asks(): void;
  view(): string;
  until(condition: () => boolean): Promise<void>;
  presses(label: string): void;
}

async function slackStage(): Promise<Stage> {
  const sim: SlackSim = await startSlack();
  onTestFinished(() => sim.close());
  const ann = sim.user('ann');
  let thread = '';
  const view = () => sim.thread(CHANNEL, thread);
  const question = () =>
    sim.workspace
      .replies(sim.workspace.channel(CHANNEL), thread)
      .findLast(({ user }) => user === sim.botUser);
  return {
    env: {
      SLACK_BOT_TOKEN: sim.app.botToken,
      SLACK_APP_TOKEN: sim.app.appToken,
      SLACK_API_URL: sim.apiUrl,
    },
    asks: () => {
      thread = ann.says(CHANNEL, '@bobbin reset my vpn').ts;
    },
    view,
    until: (condition) => sim.until(condition),
    presses: (label) => void ann.presses({ channel: CHANNEL, ts: question()?.ts ?? '' }, label),
  };
}

async function discordStage(): Promise<Stage> {
  const sim: DiscordSim = await startDiscord();
  onTestFinished(() => sim.close());
  const ann = sim.user('ann');
  let channel = '';
  const isThere = () => sim.world.channels.has(channel);
  return {
    env: { DISCORD_TOKEN: sim.token, DISCORD_API_URL: sim.apiUrl },
    asks: () => {
      channel = ann.says('general', `${sim.mention} reset my vpn`).id;
    },
    view: () => (isThere() ? sim.view(channel) : ''),
    until: (condition) => sim.until(condition),
    presses: (label) => {
      const shown = sim.messages(channel).findLast(({ buttons }) => buttons.length > 0);
      ann.presses(sim.message(shown?.id ?? ''), label);
    },
  };
}

const isAsking = (view: string) => view.includes('[Approve]') && view.includes('[Refuse]');
const isOver = (view: string) => view.includes('Regenerate') && view.includes('I have reset it.');

test('a question outlives kill -9: the next process takes the press, and the call is made once', async () => {
  const { FUNCTIONS_DIR, made } = functionsDir();
  const [model, ...stages] = await Promise.all([wantingModel(2), slackStage(), discordStage()]);
  const all = async (condition: (view: string) => boolean) => {
    for (const stage of stages) await stage.until(() => condition(stage.view()));
  };
  const [slack, discord] = stages;
  const env = { ...slack.env, ...discord.env, ...model, FUNCTIONS_DIR, DATA_DIR: dataDir() };
  const first = await run(env);
  for (const stage of stages) stage.asks();
  await all(isAsking);
  first.child.kill('SIGKILL');
  await first.end;
  expect(made()).toBe('');
  await run(env);
  for (const stage of stages) {
    expect(isAsking(stage.view())).toBe(true);
    stage.presses('Approve');
  }
  await all(isOver);
  expect(made()).toBe('ann\nann\n');
  for (const stage of stages) {
    expect(stage.view()).toMatch(/Approved by ann/);
    expect(stage.view()).not.toContain('[Approve]');
  }
});

test('in the terminal a call is made after a y, and the question outlives nothing but its chat', async () => {
  const { FUNCTIONS_DIR, made } = functionsDir();
  const model = await wantingModel();
  const chat = start([], { ...withoutCode, ...model, FUNCTIONS_DIR, DATA_DIR: dataDir() });
  chat.child.stdin.write('reset my vpn\n');
  await chat.prints('stderr', /Do it\? \(y\/n\)/);
  expect(made()).toBe('');
  expect(chat.output.stdout).toContain('May I use `reset_vpn` with this?');
  chat.child.stdin.write('y\n');
  await chat.prints('stdout', /Approved by [\s\S]*I have reset it\./);
  expect(made()).toBe('ann\n');
  chat.child.stdin.end('exit\n');
  expect((await chat.end).status).toBe(0);
});

test('of two processes on one database each takes presses, also of what the other one was killed at', async () => {
  const { FUNCTIONS_DIR, made } = functionsDir();
  const [database, stage, model] = await Promise.all([startPostgres(), slackStage(), wantingModel()]);
  onTestFinished(() => database.stop());
  const env = { ...stage.env, ...model, FUNCTIONS_DIR, DATABASE_URL: database.url() };
  const running = await Promise.all([1, 2].map(() => run({ ...env, DATA_DIR: dataDir() })));
  stage.asks();
  await stage.until(() => isAsking(stage.view()));
  const [killed] = running;
  killed?.child.kill('SIGKILL');
  await killed?.end;
  for (let tries = 0; tries < 2; tries++) stage.presses('Approve');
  await stage.until(() => isOver(stage.view()));
  expect(made()).toBe('ann\n');
});

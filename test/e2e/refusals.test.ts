import { expect, onTestFinished, test } from 'vitest';
import { startSim } from '../adapters/discord/scene.ts';
import { startChatCompletions } from '../sim/chat-completions.ts';
import { callIds, filter, noImages, noSystem, refusal, soundCalls, takingTurns } from '../sim/demands.ts';
import { startSlack } from '../sim/slack/slack.ts';
import { chat, dataDir, start, withoutCode } from './bobbin.ts';

const CHANNEL = 'C0GENERAL';
const PICTURE = Buffer.from('not really a picture');

/** A provider that refuses whatever some provider refuses, for as long as it is in the conversation. */
async function strictProvider() {
  const server = await startChatCompletions({
    models: ['sim-small'],
    demands: [
      noImages(refusal(500, 'image input is not supported')),
      filter(
        /forbidden/,
        refusal(400, 'Filtered by our content management policy.', { code: 'content_filter' }),
      ),
      soundCalls,
      callIds(/^[a-zA-Z0-9]{9}$/, refusal(400, 'Tool call id must be a-z, A-Z, 0-9, with a length of 9.')),
      noSystem(refusal(400, 'System role not supported')),
      takingTurns(refusal(400, 'Conversation roles must alternate user/assistant/user/assistant/...')),
    ],
  });
  onTestFinished(() => server.close());
  const settings = { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: 'sim', MODEL: 'sim-small' };
  return { server, env: { ...withoutCode, DATA_DIR: dataDir(), PORT: '0', ...settings } };
}

type Server = Awaited<ReturnType<typeof strictProvider>>['server'];

/** Each of the turns that no later one got over, and then a harmless one; `told` is what people see of each. */
const TURNS: [text: string, told: RegExp, before?: (server: Server) => void][] = [
  ['What is this?', /Pictures were left out of this conversation: the model .?sim-small.? takes none\./],
  [
    'Tell me of forbidden things.',
    /A message was left out of this conversation: the provider’s content filter/,
  ],
  [
    'Do two things at once.',
    /Neither of them\./,
    (server) => {
      const call = { name: 'multi_tool_use.parallel', arguments: '{"tool_uses": [{"rec', id: 'call_1' };
      server.next({ toolCalls: [call] }, { text: 'Neither of them.' });
    },
  ],
  ['Fail.', /The model cannot be used at the moment/, (server) => server.next(refusal(418, 'No tea.'))],
  ['Thank you.', /Thank you\.[\s\S]*You said: Fail\.\s+Thank you\./],
  ['And good night.', /You said: And good night\./],
];

test('a conversation in the terminal goes on after each refusal', async () => {
  const { server, env } = await strictProvider();
  // A terminal has no pictures, and all its lines come at once.
  server.next({ text: 'Say it otherwise.' });
  for (const [, , before] of TURNS) before?.(server);
  const turns = TURNS.slice(1);
  const { stdout, stderr, status } = await chat(
    turns.map(([text]) => text),
    env,
  );
  for (const [text, told] of turns.slice(0, 2)) expect(stdout, text).toMatch(told);
  expect(stderr).toMatch(/refused the request \(418\)/);
  expect(stdout).toMatch(/You said: Fail\.\s+Thank you\.[\s\S]*You said: And good night\.\n/);
  expect(stdout.match(/was left out/g)).toHaveLength(1);
  expect(status).toBe(0);
  expect(JSON.stringify(server.requests.at(-1)?.body)).not.toContain('forbidden');
});

test('a conversation on Slack goes on after each refusal', async () => {
  const { server, env } = await strictProvider();
  const sim = await startSlack();
  onTestFinished(() => sim.close());
  const { botToken: SLACK_BOT_TOKEN, appToken: SLACK_APP_TOKEN } = sim.app;
  const bobbin = start([], { ...env, SLACK_BOT_TOKEN, SLACK_APP_TOKEN, SLACK_API_URL: sim.apiUrl });
  await bobbin.prints('stderr', /"msg":"ready"/);
  const files = [{ name: 'a.png', content: PICTURE, mimetype: 'image/png' }];
  let thread: string | undefined;
  for (const [text, told, before] of TURNS) {
    before?.(server);
    const said =
      thread === undefined
        ? sim.user('ann').says(CHANNEL, `@bobbin ${text}`, { files })
        : sim.user('ann').says(CHANNEL, text, { thread });
    thread ??= said.ts;
    const seen = () => sim.thread(CHANNEL, thread ?? '');
    await sim.until(() => told.test(seen()) && seen().includes('Regenerate'));
  }
  expect(sim.thread(CHANNEL, thread ?? '').match(/left out of this conversation/g)).toHaveLength(2);
});

test('a conversation on Discord goes on after each refusal', async () => {
  const { server, env } = await strictProvider();
  const sim = await startSim();
  onTestFinished(() => sim.close());
  const bobbin = start([], { ...env, DISCORD_TOKEN: sim.token, DISCORD_API_URL: sim.apiUrl });
  await bobbin.prints('stderr', /"msg":"ready"/);
  const files = [{ name: 'a.png', data: PICTURE, contentType: 'image/png' }];
  let thread: string | undefined;
  for (const [text, told, before] of TURNS) {
    before?.(server);
    const said =
      thread === undefined
        ? sim.user('ann').says('general', `${sim.mention} ${text}`, { files })
        : sim.user('ann').says(thread, text);
    thread ??= said.id;
    const id = thread;
    const seen = () => (sim.world.channels.has(id) ? sim.view(id) : '');
    await sim.until(() => told.test(seen()) && seen().includes('Regenerate'));
  }
  expect(sim.view(thread ?? '').match(/left out of this conversation/g)).toHaveLength(2);
});

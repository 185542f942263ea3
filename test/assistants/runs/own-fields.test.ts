import { expect, test } from 'vitest';
import { refusal } from '../../sim/demands.ts';
import type { Reply } from '../../sim/model-server.ts';
import { ScriptedInterpreter } from '../../sim/scripted-interpreter.ts';
import { chat, type Pair, responses } from '../models/servers.ts';
import { conversation, memoryStore, openApi } from './assistants-api.ts';

const SIGNATURE = { extra_content: { google: { thought_signature: 'c2lnbmVk' } } };
const DETAILS = [
  { type: 'reasoning.summary', summary: 'It is', index: 0, format: 'anthropic-claude-v1' },
  { type: 'reasoning.summary', summary: ' simple.', index: 0, format: 'anthropic-claude-v1' },
  { type: 'reasoning.encrypted', data: 'ZW5jcnlwdGVk', index: 1, id: 'rs_1', format: 'anthropic-claude-v1' },
];
/** The same, as the whole message would have had it. */
const WHOLE_DETAILS = [{ ...DETAILS[0], summary: 'It is simple.' }, DETAILS[2]];
const RUN = { name: 'code_interpreter', arguments: '{"code":"print(1)"}' };

interface Message {
  role: string;
  content?: unknown;
  reasoning_details?: unknown;
  extra_content?: unknown;
  tool_calls?: { id: string; extra_content?: unknown }[];
}

/** A thread that outlives its process, and what its newest request held. */
async function thread(pair: Pair) {
  const keyv = memoryStore();
  const interpreter = new ScriptedInterpreter({ 'print(1)': { prints: ['1\n'] } });
  let api = openApi(pair.model, { keyv, interpreter });
  let { server } = pair;
  const { threadId, ask } = await conversation(api, 'One?');
  const messages = () => (server.requests.at(-1)?.body.messages ?? []) as Message[];
  return {
    async run(...replies: Reply[]) {
      server.next(...replies);
      const run = await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
      expect(run.last_error).toBeNull();
    },
    async say(content: string) {
      await api.client.beta.threads.messages.create(threadId, { role: 'user', content });
    },
    restart(next: Pair) {
      server = next.server;
      api = openApi(next.model, { keyv, interpreter });
    },
    assistants: () => messages().filter(({ role }) => role === 'assistant'),
    roles: () => messages().map(({ role }) => role),
    sent: () => JSON.stringify(server.requests.at(-1)?.body),
    forget: () => api.client.beta.threads.delete(threadId),
    runs: async () => {
      const runs = await Array.fromAsync(api.state.runs.walk(threadId, { order: 'asc' }));
      return runs.map(({ id }) => id);
    },
    kept: (runs: string[]) => api.state.ownFields.getMany(runs),
  };
}

const options = { models: ['scripted'] };

test('what a provider puts on calls and messages comes back as it came, in the run and in later ones', async () => {
  const pair = await chat(options);
  const talk = await thread(pair);
  const toolCalls = [{ ...RUN, extra: SIGNATURE }, RUN];
  await talk.run({ text: 'Let me see.', toolCalls, extra: { reasoning_details: DETAILS } }, { text: 'One.' });
  const calling = {
    content: 'Let me see.',
    reasoning_details: WHOLE_DETAILS,
    tool_calls: [expect.objectContaining(SIGNATURE), expect.not.objectContaining(SIGNATURE)],
  };
  expect(talk.assistants()).toEqual([expect.objectContaining(calling)]);

  talk.restart(pair);
  await talk.say('Two?');
  await talk.run({ text: 'Two.', extra: { reasoning_details: DETAILS, ...SIGNATURE } });
  expect(talk.assistants()).toEqual([
    expect.objectContaining(calling),
    expect.not.objectContaining({ reasoning_details: expect.anything() }),
  ]);

  await talk.say('Three?');
  await talk.run();
  expect(talk.assistants()).toEqual([
    expect.objectContaining(calling),
    { role: 'assistant', content: 'One.' },
    { role: 'assistant', content: 'Two.', reasoning_details: WHOLE_DETAILS, ...SIGNATURE },
  ]);
  expect(talk.roles()).toEqual([
    'system',
    'user',
    'assistant',
    'tool',
    'tool',
    'assistant',
    'user',
    'assistant',
    'user',
  ]);
});

test('they come back when the answer came as a whole, too', async () => {
  const talk = await thread(await chat({ ...options, neverStreams: true }));
  const first = { toolCalls: [{ ...RUN, extra: SIGNATURE }], extra: { reasoning_details: WHOLE_DETAILS } };
  await talk.run(first, { text: 'One.' });
  await talk.say('Two?');
  await talk.run();
  expect(talk.assistants()[0]).toMatchObject({ reasoning_details: WHOLE_DETAILS, tool_calls: [SIGNATURE] });
});

test.each([
  ['another address', chat],
  ['another API', responses],
] as const)('a provider at %s gets nothing of them', async (_, start) => {
  const talk = await thread(await chat(options));
  const toolCalls = [{ ...RUN, extra: SIGNATURE, id: 'functions.code_interpreter:0' }];
  await talk.run({ toolCalls, extra: { reasoning_details: DETAILS } }, { text: 'One.' });
  expect(talk.sent()).toContain('functions.code_interpreter:0');
  talk.restart(await start(options));
  await talk.say('Two?');
  await talk.run();
  for (const own of ['c2lnbmVk', 'reasoning_details', 'functions.code_interpreter:0', 'ofProvider']) {
    expect(talk.sent()).not.toContain(own);
  }
});

test('a provider that no longer knows what was its own is asked without it', async () => {
  const pair = await chat({
    ...options,
    demands: [
      ({ messages }) =>
        (messages as Message[]).some(
          ({ reasoning_details: details }, at, all) => details && all.length - at > 2,
        )
          ? refusal(400, 'Invalid `signature` in `thinking` block')
          : undefined,
    ],
  });
  const talk = await thread(pair);
  await talk.run({ text: 'One.', extra: { reasoning_details: DETAILS } });
  await talk.say('Two?');
  await talk.run();
  await talk.say('Three?');
  await talk.run();
  expect(talk.sent()).not.toContain('reasoning_details');
});

test('Gemini takes the calls of another model, which have no signature', async () => {
  const words =
    'Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly.';
  const demand = ({ messages }: Record<string, unknown>) =>
    (messages as Message[]).some(({ tool_calls: [call] = [] }) => call && !call.extra_content)
      ? { status: 400, body: [{ error: { code: 400, message: words, status: 'INVALID_ARGUMENT' } }] }
      : undefined;
  const talk = await thread(await chat(options));
  await talk.run({ toolCalls: [RUN, RUN] }, { text: 'One.' });
  talk.restart(await chat({ ...options, demands: [demand] }));
  await talk.say('Two?');
  await talk.run({ toolCalls: [{ ...RUN, extra: SIGNATURE }] }, { text: 'Two.' });
  expect(talk.sent()).toContain('c2lnbmVk');
});

test('they go with their thread', async () => {
  const talk = await thread(await chat(options));
  await talk.run({ text: 'One.', extra: { reasoning_details: DETAILS } });
  const runs = await talk.runs();
  expect(await talk.kept(runs)).toEqual([[expect.objectContaining({ items: [expect.anything()] })]]);
  await talk.forget();
  expect(await talk.kept(runs)).toEqual([undefined]);
});

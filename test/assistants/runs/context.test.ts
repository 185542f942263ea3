import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Model,
  ModelError,
  type ModelItem,
  type ModelRequest,
} from '../../../src/assistants/models/model.ts';
import { fitContext } from '../../../src/assistants/runs/context/context.ts';
import { entryOf } from '../../../src/assistants/runs/context/entry.ts';
import { itemsTokens } from '../../../src/assistants/runs/context/tokens.ts';
import { someQuestion } from '../../sim/demands.ts';
import {
  calls,
  end,
  failsAfter,
  hangsAfter,
  python,
  ScriptedModel,
  says,
  text,
} from '../../sim/scripted-model.ts';
import { chat, responses } from '../models/servers.ts';
import { conversation, openApi, type TestApi } from './assistants-api.ts';

function textsOf(request: ModelRequest | undefined): string[] {
  return (request?.items ?? []).map((item) => {
    if (item.type === 'message')
      return `${item.role}: ${item.content.map((part) => (part.type === 'text' ? part.text : part.url)).join('')}`;
    return item.type === 'provider' ? item.type : `${item.type} ${item.callId}`;
  });
}

async function say({ client }: TestApi, threadId: string, content: string): Promise<void> {
  await client.beta.threads.messages.create(threadId, { role: 'user', content });
}

describe('what the model is given', () => {
  test('is the conversation so far with the calls of earlier runs in their place', async () => {
    const model = new ScriptedModel(
      [text('Wait. '), ...python('1', 'call_1'), end()],
      says('One.'),
      says('Welcome.'),
    );
    const api = openApi(model);
    const { threadId, ask } = await conversation(api, 'Count.');
    await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    await say(api, threadId, 'Thanks.');
    await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    expect(textsOf(model.requests[2])).toEqual([
      'user: Count.',
      'assistant: Wait. ',
      'tool_call call_1',
      'tool_output call_1',
      'assistant: One.',
      'user: Thanks.',
    ]);
  });

  test('holds the calls of a run that was stopped before it said a word', async () => {
    const model = new ScriptedModel([...calls('weather', '{}', 'call_1'), end()], says('Again.'));
    const api = openApi(model);
    const { threadId, ask } = await conversation(api, 'Weather?');
    const { runs } = api.client.beta.threads;
    const { id } = await runs.stream(threadId, ask).finalRun();
    await runs.cancel(id, { thread_id: threadId });
    await runs.poll(id, { thread_id: threadId }, { pollIntervalMs: 1 });
    await say(api, threadId, 'And now?');
    await runs.stream(threadId, ask).finalRun();
    expect(textsOf(model.requests[1]).filter((line) => line.startsWith('tool'))).toEqual([
      'tool_call call_1',
      'tool_output call_1',
    ]);
  });

  test('holds what a stopped answer had said', async () => {
    const model = new ScriptedModel(hangsAfter(text('Once upon ')), says('Again.'));
    const api = openApi(model);
    const { threadId, ask } = await conversation(api, 'A tale.');
    const { runs } = api.client.beta.threads;
    const stream = runs.stream(threadId, ask);
    stream.once('textDelta', async () => {
      const [run] = (await runs.list(threadId)).data;
      await runs.cancel(run?.id ?? '', { thread_id: threadId });
    });
    await stream.finalRun();
    await say(api, threadId, 'Go on.');
    await runs.stream(threadId, ask).finalRun();
    expect(textsOf(model.requests[1])).toEqual(['user: A tale.', 'assistant: Once upon ', 'user: Go on.']);
  });

  test('is only the newest messages with last_messages', async () => {
    const model = new ScriptedModel(says('Yes.'));
    const api = openApi(model);
    const { threadId, ask } = await conversation(api, 'one');
    for (const content of ['two', 'three', 'four']) await say(api, threadId, content);
    const truncation_strategy = { type: 'last_messages' as const, last_messages: 2 };
    await api.client.beta.threads.runs.stream(threadId, { ...ask, truncation_strategy }).finalRun();
    expect(textsOf(model.requests[0])).toEqual(['user: three', 'user: four']);
  });

  test('is the whole thread with auto, whatever last_messages says', async () => {
    const model = new ScriptedModel(says('Yes.'));
    const api = openApi(model);
    const { threadId, ask } = await conversation(api, 'one');
    await say(api, threadId, 'two');
    const truncation_strategy = { type: 'auto' as const, last_messages: 1 };
    await api.client.beta.threads.runs.stream(threadId, { ...ask, truncation_strategy }).finalRun();
    expect(textsOf(model.requests[0])).toEqual(['user: one', 'user: two']);
  });

  test('stays small in a thread of ten thousand messages, which is not read whole', async () => {
    const model = new ScriptedModel(says('Yes.'));
    const api = openApi(model);
    const { threadId, ask } = await conversation(api, 'first');
    const [template] = (await api.client.beta.threads.messages.list(threadId)).data;
    if (!template) throw new Error('no message');
    for (let at = 0; at < 10_000; at++) {
      await api.state.messages.append(threadId, {
        ...template,
        id: `msg_${at}`,
        run_id: at % 2 ? `run_${at}` : null,
      });
    }
    let read = 0;
    const { walk } = api.state.messages;
    api.state.messages.walk = async function* (...args) {
      for await (const message of walk.apply(api.state.messages, args)) {
        read++;
        yield message;
      }
    };
    await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    expect(model.requests[0]?.items.length).toBeGreaterThan(400);
    expect(read).toBeLessThan(1_000);
  });

  test('has a long new message cut, with a note, when nothing else helps', async () => {
    const model = new ScriptedModel(says('Yes.'));
    const api = openApi(model);
    const { threadId, ask } = await conversation(api, 'old');
    await say(api, threadId, `begin ${'x'.repeat(20_000)} end`);
    await api.client.beta.threads.runs.stream(threadId, { ...ask, max_prompt_tokens: 2_000 }).finalRun();
    const items = model.requests[0]?.items ?? [];
    expect(itemsTokens(items)).toBeLessThan(2_000);
    expect(textsOf(model.requests[0]).at(-1)).toMatch(
      /^user: begin x+\n\[… \d+ characters left out …\]\nx+ end$/,
    );
  });

  test('is tried again with half when the model finds it too long, until it fits', async () => {
    const tooLong = new ModelError('invalid_prompt', 'Too long.', { contextExceeded: true });
    const model = new ScriptedModel(async function* (request) {
      if (itemsTokens(request.items) > 1_500) throw tooLong;
      yield text('Fits.');
      yield end();
    });
    const api = openApi(model);
    const { threadId, ask } = await conversation(api, 'x'.repeat(9_000));
    await say(api, threadId, 'short');
    await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    expect(model.requests.length).toBeGreaterThan(1);
    expect(textsOf(model.requests.at(-1)).at(-1)).toBe('user: short');
  });

  test('fails with what to do when even the shortest is too long', async () => {
    const tooLong = new ModelError('invalid_prompt', 'Too long.', { contextExceeded: true });
    const model = new ScriptedModel(failsAfter(tooLong));
    const api = openApi(model);
    const { threadId, ask } = await conversation(api);
    const run = await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    expect(run.last_error).toMatchObject({ code: 'invalid_prompt' });
    expect(run.last_error?.message).toContain('Please start a new conversation');
    expect(model.requests.length).toBeLessThan(10);
  });
});

test.each([
  ['chat completions', chat],
  ['responses', responses],
] as const)(
  'a run on an empty thread without instructions is a question to a strict %s server',
  async (_, start) => {
    const { server, model } = await start({ models: ['scripted'], demands: [someQuestion] });
    const api = openApi<Model>(model);
    const { assistant } = await conversation(api);
    const { id } = await api.client.beta.threads.create();
    const ask = { assistant_id: assistant.id, instructions: '' };
    const run = await api.client.beta.threads.runs.stream(id, ask).finalRun();
    expect(run.status).toBe('completed');
    expect(server.requests).toHaveLength(1);
  },
);

const entry = fc.oneof(
  fc
    .string({ maxLength: 4_000 })
    .map((said): ModelItem[] => [{ type: 'message', role: 'user', content: [{ type: 'text', text: said }] }]),
  fc.tuple(fc.uuid(), fc.string({ maxLength: 9_000 })).map(([callId, output]): ModelItem[] => [
    { type: 'tool_call', callId, name: 'weather', arguments: '{}' },
    { type: 'tool_output', callId, output },
  ]),
);

test('a call is never parted from its output, and the budget is kept as far as it can be', () => {
  fc.assert(
    fc.property(
      fc.array(entry),
      fc.array(entry),
      fc.integer({ min: 0, max: 9_000 }),
      (before, now, budget) => {
        const entries = before.map((items, at) => {
          const fromUser = items[0]?.type === 'message';
          const sourced = items.map((item) => ({ item, source: `${at}` }));
          return entryOf(`${at}`, sourced, fromUser ? 1 : 0, fromUser);
        });
        const given = fitContext(entries, now.flat(), budget);
        const callsOf = (type: string) =>
          given.flatMap((item) => (item.type === type && 'callId' in item ? [item.callId] : []));
        expect(callsOf('tool_call')).toEqual(callsOf('tool_output'));
        const mustGoIn = entries.findIndex(({ fromUser }) => !fromUser);
        const answered = mustGoIn === -1 ? entries.length : mustGoIn;
        expect(given.length).toBeGreaterThanOrEqual(answered + now.flat().length);
        const whole = fitContext(entries, [], Number.POSITIVE_INFINITY);
        expect(whole).toHaveLength(before.flat().length);
      },
    ),
  );
});

test.each([
  ['of a tool', 'x'.repeat(9_000)],
  ['with few words', 'word '.repeat(400)],
])('however many outputs %s there are, they fit, and each keeps its two ends', (_, output) => {
  const many = Array.from({ length: 128 }, (_, at): ModelItem[] => [
    { type: 'tool_call', callId: `${at}`, name: 'weather', arguments: '{}' },
    { type: 'tool_output', callId: `${at}`, output: `first ${output} last` },
  ]).flat();
  const given = fitContext([], many, 16_000);
  expect(itemsTokens(given)).toBeLessThanOrEqual(16_000);
  const outputs = given.flatMap((item) => (item.type === 'tool_output' ? [item.output] : []));
  expect(outputs).toHaveLength(128);
  expect(outputs.every((each) => /^first .* last$/s.test(each))).toBe(true);
  expect(outputs[0]).toMatch(/\[… \d+ characters left out …\]/);
});

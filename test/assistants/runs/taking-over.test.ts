import { setTimeout } from 'node:timers/promises';
import type { Run } from 'openai/resources/beta/threads/runs/runs';
import { describe, expect, test } from 'vitest';
import { ModelError, type ModelEvent, type ModelRequest } from '../../../src/assistants/models/model.ts';
import { MAX_ANSWERS } from '../../../src/assistants/runs/loop/failures.ts';
import { ScriptedInterpreter, type ScriptedResult } from '../../sim/scripted-interpreter.ts';
import {
  calls,
  end,
  hangsAfter,
  python,
  type ScriptedAnswer,
  ScriptedModel,
  says,
  text,
  usage,
} from '../../sim/scripted-model.ts';
import { conversation, openApi, type TestApi, transcript } from './assistants-api.ts';
import { type Process, sharedStore } from './processes.ts';

/** A server over a store that it can be killed before. */
function open(
  process: Process,
  answers: ScriptedAnswer[],
  codes: Record<string, ScriptedResult> = {},
  checkpointMs = 1,
) {
  const interpreter = new ScriptedInterpreter(codes);
  return openApi(new ScriptedModel(...answers), { keyv: process.keyv, interpreter, checkpointMs });
}

interface Before {
  answers: ScriptedAnswer[];
  codes?: Record<string, ScriptedResult>;
  run?: object;
  checkpointMs?: number;
}

/** A run whose process is killed as soon as `isReached`, and how to open another process. */
async function killed(before: Before, isReached: (api: TestApi, threadId: string, run: Run) => unknown) {
  const processes = sharedStore();
  const first = processes();
  const dead = open(first, before.answers, before.codes, before.checkpointMs);
  const { threadId, ask } = await conversation(dead);
  const run = await dead.client.beta.threads.runs.create(threadId, {
    ...ask,
    metadata: { turn: '7' },
    ...before.run,
  });
  await expect
    .poll(async () => Boolean(await isReached(dead, threadId, await dead.runs.find(threadId, run.id))))
    .toBe(true);
  first.kill();
  return {
    threadId,
    ask,
    id: run.id,
    dead,
    next: (answers: ScriptedAnswer[], codes: Record<string, ScriptedResult> = {}) =>
      open(processes(), answers, codes),
    process: processes,
  };
}

const isWritten = (said: string) => async (api: TestApi, threadId: string) => {
  const message = await api.state.messages.last(threadId);
  return JSON.stringify(message?.content).includes(said);
};
const isAsked = (api: TestApi) => api.model.requests.length > 0;
const runsCode = (api: TestApi) => api.interpreter.requests.length > 0;
const waits = (_api: TestApi, _threadId: string, run: Run) => run.status === 'requires_action';
const hasStep = (words: string) => async (api: TestApi, _threadId: string, run: Run) =>
  JSON.stringify(await api.state.steps.last(run.id)).includes(words);

async function finished({ client, state }: TestApi, threadId: string, id: string) {
  const run = await client.beta.threads.runs.poll(id, { thread_id: threadId }, { pollIntervalMs: 1 });
  const steps = await Array.fromAsync(
    client.beta.threads.runs.steps.list(id, { thread_id: threadId, order: 'asc' }),
  );
  const messages = await Array.fromAsync(state.messages.walk(threadId, { order: 'asc' }));
  return { run, steps, messages };
}

const hangsInCode: ScriptedAnswer = hangsAfter(...python('print(1)').slice(0, 2));
const weather = [...calls('weather', '{}'), usage, end()];
const loop = { loop: { prints: ['1\n'], hangs: true } };

describe('a run whose process died is carried on under its id', () => {
  test.each<[when: string, before: Before, isReached: Parameters<typeof killed>[1]]>([
    ['before the first token', { answers: [hangsAfter()] }, isAsked],
    ['in its text', { answers: [hangsAfter(text('Once '), text('upon'))] }, isWritten('Once upon')],
    ['in a refusal', { answers: [hangsAfter({ type: 'refusal', delta: 'I can’t' })] }, isWritten('can’t')],
    ['in the arguments of code', { answers: [hangsInCode] }, hasStep('"type":"code_interpreter"')],
    [
      'in code after words',
      { answers: [hangsAfter(text('Let me see.'), ...python('1').slice(0, 1))] },
      hasStep('code_interpreter'),
    ],
    ['while code runs', { answers: [[...python('loop'), end()]], codes: loop }, runsCode],
    [
      'while code runs after words',
      { answers: [[text('Wait.'), ...python('loop'), end()]], codes: loop },
      runsCode,
    ],
    [
      'after a tool step',
      { answers: [[...python('1'), end()], hangsAfter()] },
      (api) => api.model.requests.length > 1,
    ],
    ['in its text, unkept', { answers: [hangsAfter(text('Once'))], checkpointMs: 60_000 }, isAsked],
  ])('%s', async (_when, before, isReached) => {
    const { threadId, id, next } = await killed(before, isReached);
    const api = next([says('All ', 'of it.')], { loop: { prints: ['1\n'] } });
    const { run, steps, messages } = await finished(api, threadId, id);
    expect(run).toMatchObject({ id, status: 'completed', metadata: { turn: '7' }, last_error: null });
    expect(messages.filter(({ status }) => status !== 'completed')).toEqual([]);
    expect(messages.at(-1)).toMatchObject({ run_id: id, content: [{ text: { value: 'All of it.' } }] });
    expect(steps.filter(({ status }) => status !== 'completed')).toEqual([]);
    expect(new Set(steps.map((step) => step.id)).size).toBe(steps.length);
    const [step] = steps;
    if (step?.step_details.type === 'tool_calls') expect(step).not.toHaveProperty('answer');
    const said = messages.filter(({ run_id }) => run_id === id).map(({ content }) => JSON.stringify(content));
    expect(new Set(said).size).toBe(said.length);
    expect(api.errors).toEqual([]);
    // The next turn finds a thread like any other.
    await api.client.beta.threads.messages.create(threadId, { role: 'user', content: 'And?' });
  });

  test('whoever asks: a list of runs, its steps, a message that it holds back, a cancel', async () => {
    const asked: ((api: TestApi, threadId: string, id: string) => Promise<unknown>)[] = [
      ({ client }, threadId) => client.beta.threads.runs.list(threadId, { order: 'desc', limit: 1 }),
      ({ client }, threadId, id) => client.beta.threads.runs.steps.list(id, { thread_id: threadId }),
      ({ client }, threadId) =>
        expect(client.beta.threads.messages.create(threadId, { role: 'user', content: '?' })).rejects.toThrow(
          '400',
        ),
      ({ client }, threadId, id) =>
        client.beta.threads.runs.update(id, { thread_id: threadId, metadata: { a: 'b' } }),
    ];
    for (const ask of asked) {
      const { threadId, id, next } = await killed({ answers: [hangsAfter(text('On'))] }, isWritten('On'));
      const api = next([says('Hello.')]);
      await ask(api, threadId, id);
      await expect.poll(async () => (await api.state.runs.get(id))?.status).toBe('completed');
      expect(await transcript(api, threadId)).toEqual(['user: Hello?', 'assistant: Hello.']);
    }
    const { threadId, id, next } = await killed({ answers: [hangsAfter(text('On'))] }, isWritten('On'));
    const api = next([hangsAfter()]);
    await api.client.beta.threads.runs.cancel(id, { thread_id: threadId });
    expect((await finished(api, threadId, id)).run.status).toBe('cancelled');
  });

  test('many who ask at once make it go on once', async () => {
    const { threadId, id, next } = await killed({ answers: [hangsAfter(text('On'))] }, isWritten('On'));
    const api = next([says('Hello.')]);
    await Promise.all(
      Array.from({ length: 5 }, () => api.client.beta.threads.runs.retrieve(id, { thread_id: threadId })),
    );
    await finished(api, threadId, id);
    expect(api.model.requests).toHaveLength(1);
  });
});

describe('what a dead process has done', () => {
  test('is not done again, and the model knows it: calls, words, and that Python is new', async () => {
    const first: ModelEvent[] = [
      text('First.'),
      ...python('a = 1', 'c1'),
      ...python('loop', 'c2', 1),
      usage,
      end(),
    ];
    const { threadId, id, next } = await killed(
      { answers: [first], codes: { ...loop, 'a = 1': { prints: ['one\n'] } } },
      (api) => api.interpreter.requests.length > 1,
    );
    const api = next([[...python('b', 'c1'), usage, end()], says('Done.')], {
      loop: { prints: ['two\n'], fresh: true },
      b: { prints: ['three\n'] },
    });
    const { run, steps } = await finished(api, threadId, id);
    expect(api.interpreter.requests.map(({ code }) => code)).toEqual(['loop', 'b']);
    expect(run.usage).toMatchObject({ prompt_tokens: 30, completion_tokens: 15 });
    const fresh = expect.stringMatching(/^\[This Python was started anew.*\n*two\n$/s);
    expect(api.model.requests[0]?.items.slice(1)).toEqual([
      { type: 'message', role: 'assistant', content: [{ type: 'text', text: 'First.' }] },
      { type: 'tool_call', callId: 'c1', name: 'code_interpreter', arguments: '{"code":"a = 1"}' },
      { type: 'tool_call', callId: 'c2', name: 'code_interpreter', arguments: '{"code":"loop"}' },
      { type: 'tool_output', callId: 'c1', output: 'one\n' },
      { type: 'tool_output', callId: 'c2', output: fresh },
    ]);
    // An id that was used is not used again.
    const ids = steps.flatMap(({ step_details: details }) =>
      details.type === 'tool_calls' ? details.tool_calls.map((call) => call.id) : [],
    );
    expect(new Set(ids).size).toBe(3);
    expect(JSON.stringify(steps)).not.toContain('1\\n1');
  });

  test('counts: budgets and the bound on answers go on from there', async () => {
    const run = { max_completion_tokens: 15 };
    const { threadId, id, next } = await killed(
      {
        answers: [[...python('1', 'c1'), usage, end()], [...python('2', 'c2'), usage, end()], hangsAfter()],
        run,
      },
      (api) => api.model.requests.length > 2,
    );
    const api = next([[...python('3', 'c3'), usage, end()]]);
    expect((await finished(api, threadId, id)).run).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_completion_tokens' },
      usage: { completion_tokens: 15 },
    });
    expect(api.model.requests.map(({ maxOutputTokens }) => maxOutputTokens)).toEqual([5]);

    const again = (_: unknown, at: number): ScriptedAnswer => [...python('1', `c${at}`), end()];
    const many = await killed(
      { answers: [...Array.from({ length: MAX_ANSWERS - 1 }, again), hangsAfter()] },
      (it) => it.model.requests.length === MAX_ANSWERS,
    );
    const last = many.next([[...python('1'), end()]]);
    expect((await finished(last, many.threadId, many.id)).run.last_error?.message).toContain(
      `${MAX_ANSWERS} times`,
    );
    expect(last.model.requests).toHaveLength(1);
  });

  test('a tool that had to be called need not be called once more', async () => {
    const { threadId, id, next } = await killed(
      {
        answers: [[...python('1'), end()], hangsAfter()],
        run: { tool_choice: 'required', reasoning_effort: 'high' },
      },
      (api) => api.model.requests.length > 1,
    );
    const api = next([says('Yes.')]);
    await finished(api, threadId, id);
    expect(api.model.requests[0]).toMatchObject({ toolChoice: 'auto', reasoningEffort: 'high' });
  });

  test('files stay: the last message shows the images, links what it names and carries the rest', async () => {
    const files = ['plot.png', 'table.csv'].map((name) => ({ name, bytes: new Uint8Array([1]) }));
    const { threadId, id, next } = await killed(
      { answers: [[...python('draw'), end()], hangsAfter(text('See'))], codes: { draw: { files } } },
      isWritten('See'),
    );
    const api = next([says('See [it](sandbox:/mnt/data/table.csv).')]);
    const { messages } = await finished(api, threadId, id);
    const [image, said] = messages.at(-1)?.content ?? [];
    expect(image).toMatchObject({ type: 'image_file' });
    expect(said).toMatchObject({ text: { annotations: [{ text: 'sandbox:/mnt/data/table.csv' }] } });
    expect(messages.at(-1)?.attachments).toHaveLength(1);
  });
});

describe('what was left out of a conversation is told', () => {
  const notice = '⚠️ Pictures were left out of this conversation: the model `scripted` takes none.';
  const isAPicture = (request: ModelRequest) => JSON.stringify(request.items).includes('data:image/png');
  /** Takes no pictures, and answers otherwise. */
  const blind = (answer: ModelEvent[]): ScriptedAnswer =>
    async function* (request, signal) {
      if (isAPicture(request)) throw new ModelError('invalid_prompt', 'No images.', { refused: 'images' });
      yield* answer;
      if (answer.at(-1)?.type !== 'end')
        await new Promise((_, reject) => signal.addEventListener('abort', reject));
    };

  test.each<[string, ScriptedAnswer[], string[]]>([
    ['again, when the words were lost', [blind([]), blind([text('I se')])], [`${notice}\n\nAll of it.`]],
    [
      'again, when there were no words yet',
      [blind([]), blind([...python('1'), end()]), blind([text('I se')])],
      [`${notice}\n\nAll of it.`],
    ],
    [
      'once, when they were not',
      [blind([]), blind([text('Wait.'), ...python('1'), end()]), blind([text('I se')])],
      [`${notice}\n\nWait.`, 'All of it.'],
    ],
  ])('%s', async (_when, answers, said) => {
    const image_url = { url: 'data:image/png;base64,AAAA' };
    const picture = { role: 'user' as const, content: [{ type: 'image_url' as const, image_url }] };
    const { threadId, id, next } = await killed(
      { answers, run: { additional_messages: [picture] } },
      isWritten('I se'),
    );
    const api = next([blind(says('All of it.'))]);
    await finished(api, threadId, id);
    expect((await transcript(api, threadId)).slice(2)).toEqual(said.map((each) => `assistant: ${each}`));
    expect(api.model.requests.filter(isAPicture)).toEqual([]);
  });
});

test('what a provider wants back with its calls goes back to it, also in later runs', async () => {
  const signed = (callId: string): ModelEvent[] => {
    const [call, ...rest] = python(callId, callId);
    if (!call) throw new Error('A call has events.');
    const own: ModelEvent = { type: 'tool_own', index: 0, own: { signed: callId } };
    const thought: ModelEvent = { type: 'provider_item', item: { thought: callId }, lasting: true };
    return [call, own, ...rest, thought, end()];
  };
  const { threadId, id, next, ask } = await killed(
    { answers: [signed('c1'), hangsAfter()] },
    (api) => api.model.requests.length > 1,
  );
  const api = next([signed('c2'), says('Done.')]);
  await finished(api, threadId, id);
  await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
  for (const [at, ids] of [
    [0, ['c1']],
    [1, ['c1', 'c2']],
    [2, ['c1', 'c2']],
  ] as const) {
    const sent = JSON.stringify(api.model.requests[at]?.items);
    for (const each of ids) {
      expect(sent.split(`"own":{"signed":"${each}"}`)).toHaveLength(2);
      expect(sent.split(`"item":{"thought":"${each}"}`)).toHaveLength(2);
    }
  }
});

describe('a run that waits for a client', () => {
  const first: ModelEvent[] = [
    text('Let me look.'),
    ...python('1', 'c1'),
    ...calls('weather', '{"a":1}', 'c2', 1),
    ...calls('nonsense', '{}', 'c3', 2),
    text('Soon.'),
    { type: 'provider_item', item: { thought: 'deep' } },
    usage,
    end(),
  ];
  const outputs = { tool_outputs: [{ tool_call_id: 'c2', output: 'sunny' }] };

  test.each([false, true])(
    'waits on, and takes the outputs as if nothing had happened (stream: %s)',
    async (stream) => {
      const { threadId, id, next, dead } = await killed({ answers: [first] }, waits);
      const before = await dead.runs.find(threadId, id);
      const api = next([says('Sunny.')]);
      const { runs } = api.client.beta.threads;
      expect(await runs.retrieve(id, { thread_id: threadId })).toEqual(before);
      expect(api.interpreter.requests).toEqual([]);
      const params = { thread_id: threadId, ...outputs };
      if (stream) {
        const events: string[] = [];
        const streamed = runs
          .submitToolOutputsStream(id, params)
          .on('event', ({ event }) => void events.push(event));
        expect((await streamed.finalRun()).status).toBe('completed');
        expect(events[0]).toBe('thread.run.step.completed');
        expect(events).not.toContain('thread.run.created');
      } else await runs.submitToolOutputs(id, params);
      const { run, steps } = await finished(api, threadId, id);
      expect(run).toMatchObject({ status: 'completed', usage: { prompt_tokens: 20 } });
      expect(steps.map(({ type }) => type)).toEqual([
        'message_creation',
        'tool_calls',
        'message_creation',
        'message_creation',
      ]);
      expect(await transcript(api, threadId)).toEqual([
        'user: Hello?',
        'assistant: Let me look.',
        'assistant: Soon.',
        'assistant: Sunny.',
      ]);
      const [, ...items] = api.model.requests[0]?.items ?? [];
      expect(items.map((item) => ('callId' in item ? `${item.type} ${item.callId}` : item.type))).toEqual([
        'message',
        ...['tool_call c1', 'tool_call c2', 'tool_call c3', 'provider'],
        ...['tool_output c1', 'tool_output c2', 'tool_output c3'],
        'message',
      ]);
      expect(items.flatMap((item) => (item.type === 'tool_output' ? item.output : []))).toEqual([
        'ran 1\n',
        'sunny',
        'There is no function called "nonsense".',
      ]);
    },
  );

  test('still refuses other outputs, can be cancelled, and may wait through many deaths', async () => {
    const { threadId, id, next, process } = await killed({ answers: [first] }, waits);
    const second = process();
    const api = open(second, [says('.')]);
    const wrong = { thread_id: threadId, tool_outputs: [{ tool_call_id: 'c1', output: '' }] };
    await expect(api.client.beta.threads.runs.submitToolOutputs(id, wrong)).rejects.toThrow(
      "['c2'], got ['c1']",
    );
    second.kill();
    const third = next([says('.')]);
    await third.client.beta.threads.runs.cancel(id, { thread_id: threadId });
    const { run, steps } = await finished(third, threadId, id);
    expect(run).toMatchObject({ status: 'cancelled', usage: { prompt_tokens: 10 } });
    expect(steps.at(-1)?.status).not.toBe('in_progress');
  });
});

test('a run that was being cancelled ends cancelled, with what it had written', async () => {
  const { threadId, id, next } = await killed(
    {
      answers: [
        async function* () {
          yield text('Once');
          await new Promise(() => {});
        },
      ],
    },
    async (api, threadId, run) => {
      if (!(await isWritten('Once')(api, threadId))) return false;
      if (run.status === 'in_progress')
        await api.client.beta.threads.runs.cancel(run.id, { thread_id: threadId });
      return (await api.state.runs.get(run.id))?.status === 'cancelling';
    },
  );
  const api = next([says('never')]);
  const { run, messages } = await finished(api, threadId, id);
  expect(run).toMatchObject({ status: 'cancelled', last_error: null });
  expect(run.cancelled_at).toBeTypeOf('number');
  expect(messages.at(-1)).toMatchObject({
    status: 'incomplete',
    incomplete_details: { reason: 'run_cancelled' },
  });
  expect(api.model.requests).toEqual([]);
});

test('a run that is late expires, and one that was only queued begins', async () => {
  const late = await killed({ answers: [hangsAfter(text('Once'))] }, isWritten('Once'));
  const api = late.next([says('Hello.')]);
  await api.state.runs.update(late.id, (run) => ({ ...run, expires_at: 1 }));
  expect((await finished(api, late.threadId, late.id)).run.status).toBe('expired');

  const queued = await killed({ answers: [hangsAfter()] }, isAsked);
  const next = queued.next([says('Hello.')]);
  await next.state.runs.update(queued.id, (run) => ({ ...run, status: 'queued', started_at: null }));
  const { run } = await finished(next, queued.threadId, queued.id);
  expect(run.status).toBe('completed');
  expect(run.started_at).toBeTypeOf('number');
});

describe('what makes no sense is ended in a clear sentence, and holds nothing back', () => {
  test.each<[what: string, spoil: (api: TestApi, threadId: string, id: string) => Promise<unknown>]>([
    [
      'a step is missing',
      async ({ state }, _, id) => state.steps.remove((await state.steps.last(id))?.id ?? ''),
    ],
    [
      'a step lost its answer',
      async ({ state }, _, id) =>
        state.steps.update((await state.steps.last(id))?.id ?? '', ({ answer: _answer, ...step }) => step),
    ],
    [
      'a step is junk',
      async ({ state }, _, id) =>
        state.steps.update((await state.steps.last(id))?.id ?? '', ({ id: same }) => ({ id: same }) as never),
    ],
    [
      'an answer is junk',
      async ({ state }, _, id) =>
        state.steps.update(
          (await state.steps.last(id))?.id ?? '',
          (step) => ({ ...step, answer: { order: [{ type: 'call', at: 9 }] } }) as never,
        ),
    ],
    [
      'the run is junk',
      async ({ state }, _, id) => state.runs.update(id, (run) => ({ ...run, tools: null }) as never),
    ],
    [
      'another run came after it',
      async ({ state }, threadId, id) => {
        const run = await state.runs.get(id);
        if (run) await state.runs.append(threadId, { ...run, id: 'run_later', status: 'completed' });
      },
    ],
  ])('%s', async (_what, spoil) => {
    const { threadId, id, next, ask } = await killed({ answers: [weather] }, waits);
    const api = next([says('Hello.')]);
    await spoil(api, threadId, id);
    const run = await api.client.beta.threads.runs.retrieve(id, { thread_id: threadId });
    expect(run).toMatchObject({ status: 'failed', required_action: null });
    expect(run.last_error?.message).toContain('not enough to go on');
    await api.client.beta.threads.messages.create(threadId, { role: 'user', content: 'Still there?' });
    expect((await api.client.beta.threads.runs.stream(threadId, ask).finalRun()).status).toBe('completed');
  });

  test('a store that fails meanwhile fails the question, not the run', async () => {
    const { threadId, id, next } = await killed({ answers: [hangsAfter()] }, isAsked);
    const api = next([says('Hello.')]);
    const lists = api.state.steps.lists.bind(api.state.steps);
    api.state.steps.lists = () => Promise.reject(new Error('The disk is full.'));
    await expect(api.client.beta.threads.runs.retrieve(id, { thread_id: threadId })).rejects.toThrow('500');
    api.state.steps.lists = lists;
    expect((await finished(api, threadId, id)).run.status).toBe('completed');
  });
});

test('what has been written shows at once, before it is kept', async () => {
  const processes = sharedStore();
  const api = open(processes(), [[text('Wait. '), ...python('loop', 'c1'), end()]], loop, 60_000);
  const { threadId, ask } = await conversation(api);
  const { runs, messages } = api.client.beta.threads;
  const { id } = await runs.create(threadId, ask);
  await expect.poll(() => api.interpreter.requests.length).toBe(1);
  const listed = (await runs.steps.list(id, { thread_id: threadId, order: 'asc' })).data;
  expect(listed.map(({ status }) => status)).toEqual(['completed', 'in_progress']);
  expect(JSON.stringify(listed[1])).toContain('"logs":"1\\n"');
  expect(await runs.steps.retrieve(listed[1]?.id ?? '', { thread_id: threadId, run_id: id })).toEqual(
    listed[1],
  );
  await runs.cancel(id, { thread_id: threadId });

  const slow = open(processes(), [hangsAfter(text('Once '), text('upon'))], {}, 60_000);
  const other = await conversation(slow);
  const run = await slow.client.beta.threads.runs.create(other.threadId, other.ask);
  await expect.poll(() => transcript(slow, other.threadId)).toEqual(['user: Hello?', 'assistant: Once upon']);
  const [live] = (await messages.list(other.threadId, { limit: 1 })).data;
  expect(JSON.stringify(live?.content)).not.toContain('upon');
  const params = { thread_id: other.threadId };
  const [mine] = (await slow.client.beta.threads.messages.list(other.threadId, { run_id: run.id })).data;
  expect(await slow.client.beta.threads.messages.retrieve(mine?.id ?? '', params)).toEqual(mine);
  await slow.client.beta.threads.messages.update(mine?.id ?? '', { ...params, metadata: { a: 'b' } });
  await slow.client.beta.threads.runs.cancel(run.id, params);
  await slow.client.beta.threads.runs.poll(run.id, params, { pollIntervalMs: 1 });
  await setTimeout();
  expect(await slow.state.messages.get(mine?.id ?? '')).toMatchObject({
    status: 'incomplete',
    metadata: { a: 'b' },
  });
});

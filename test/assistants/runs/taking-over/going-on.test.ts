import { describe, expect, test } from 'vitest';
import { end, hangsAfter, python, type ScriptedAnswer, says, text } from '../../../sim/scripted-model.ts';
import { type TestApi, transcript } from '../assistants-api.ts';
import { type Before, finished, hasStep, isAsked, isWritten, killed, loop, runsCode } from './killed.ts';

const hangsInCode: ScriptedAnswer = hangsAfter(...python('print(1)').slice(0, 2));

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

test('a run that expired while nobody carried it has its time anew', async () => {
  const late = await killed({ answers: [hangsAfter(text('Once'))] }, isWritten('Once'));
  const api = late.next([says('All of it.')]);
  const expires_at = Math.floor(Date.now() / 1_000) - 1_800;
  await api.state.runs.update(late.id, (run) => ({ ...run, expires_at }));
  const { run, messages } = await finished(api, late.threadId, late.id);
  expect(run.status).toBe('completed');
  expect(messages.at(-1)).toMatchObject({ content: [{ text: { value: 'All of it.' } }] });
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

test('a last message of which only the step was kept is written anew', async () => {
  const before = { answers: [hangsAfter(text('Half of'))] };
  const { threadId, id, next } = await killed(before, isWritten('Half of'));
  const api = next([says('The whole.')]);
  const step = await api.state.steps.last(id);
  const message = await api.state.messages.last(threadId);
  if (step) await api.state.steps.put({ ...step, status: 'completed', isLast: true });
  await api.state.messages.remove(message?.id ?? '');
  const { run, messages } = await finished(api, threadId, id);
  expect(run.status).toBe('completed');
  expect(messages.map(({ content }) => content)).toMatchObject([
    [{ text: {} }],
    [{ text: { value: 'The whole.' } }],
  ]);
});

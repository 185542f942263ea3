import { describe, expect, test } from 'vitest';
import { calls, end, hangsAfter, ScriptedModel, says } from '../../sim/scripted-model.ts';
import { conversation, openApi, transcript } from './assistants-api.ts';

describe('a run that answers with text', () => {
  test('streams the events of the API in their order', async () => {
    const api = openApi(new ScriptedModel(says('Hel', 'lo.')));
    const { threadId, ask } = await conversation(api);
    const events: string[] = [];
    for await (const { event } of await api.client.beta.threads.runs.create(threadId, {
      ...ask,
      stream: true,
    }))
      events.push(event);
    expect(events).toEqual([
      'thread.run.created',
      'thread.run.queued',
      'thread.run.in_progress',
      'thread.run.step.created',
      'thread.run.step.in_progress',
      'thread.message.created',
      'thread.message.in_progress',
      'thread.message.delta',
      'thread.message.delta',
      'thread.message.completed',
      'thread.run.step.completed',
      'thread.run.completed',
    ]);
    expect(await transcript(api, threadId)).toEqual(['user: Hello?', 'assistant: Hello.']);
    expect(api.errors).toEqual([]);
  });

  test('is followed by AssistantStream to its final run and message', async () => {
    const api = openApi(new ScriptedModel(says('Hel', 'lo.')));
    const { threadId, ask } = await conversation(api);
    const stream = api.client.beta.threads.runs.stream(threadId, ask);
    const run = await stream.finalRun();
    expect(run).toMatchObject({
      status: 'completed',
      usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
      last_error: null,
      expires_at: null,
      instructions: 'Be brief.',
    });
    expect(run.completed_at).toBeTypeOf('number');
    const [message] = await stream.finalMessages();
    expect(message).toMatchObject({
      status: 'completed',
      content: [{ type: 'text', text: { value: 'Hello.', annotations: [] } }],
    });
  });

  test('can be polled', async () => {
    const api = openApi(new ScriptedModel(says('Hello.')));
    const { threadId, ask } = await conversation(api);
    const run = await api.client.beta.threads.runs.createAndPoll(threadId, ask, { pollIntervalMs: 1 });
    expect(run.status).toBe('completed');
    expect(await transcript(api, threadId)).toEqual(['user: Hello?', 'assistant: Hello.']);
  });
});

describe('a run that is asked for', () => {
  test('takes what it does not say from its assistant, and overrides the rest', async () => {
    const model = new ScriptedModel(says('Yes.'));
    const api = openApi(model);
    const { threadId, ask } = await conversation(api);
    const json_schema = { name: 'answer', schema: { type: 'object' } };
    const run = await api.client.beta.threads.runs
      .stream(threadId, {
        ...ask,
        model: 'other',
        instructions: 'Be long.',
        additional_instructions: 'Ada asks.',
        additional_messages: [{ role: 'user', content: 'Really?' }],
        tools: [{ type: 'function', function: { name: 'search', description: 'Finds.', strict: true } }],
        temperature: 0.5,
        top_p: 0.25,
        max_completion_tokens: 500,
        max_prompt_tokens: 1_000,
        tool_choice: { type: 'function', function: { name: 'search' } },
        parallel_tool_calls: false,
        response_format: { type: 'json_schema', json_schema },
        reasoning_effort: 'low',
        metadata: { a: 'b' },
        truncation_strategy: { type: 'last_messages', last_messages: 5 },
      })
      .finalRun();
    expect(run).toMatchObject({
      object: 'thread.run',
      model: 'other',
      instructions: 'Be long.\n\nAda asks.',
      temperature: 0.5,
      top_p: 0.25,
      metadata: { a: 'b' },
      truncation_strategy: { type: 'last_messages', last_messages: 5 },
    });
    expect(model.requests[0]).toEqual({
      model: 'other',
      instructions: 'Be long.\n\nAda asks.',
      items: [
        { type: 'message', role: 'user', content: [{ type: 'text', text: 'Hello?' }] },
        { type: 'message', role: 'user', content: [{ type: 'text', text: 'Really?' }] },
      ],
      tools: [
        {
          name: 'search',
          description: 'Finds.',
          parameters: { type: 'object', properties: {} },
          strict: true,
        },
      ],
      toolChoice: { name: 'search' },
      parallelToolCalls: false,
      temperature: 0.5,
      topP: 0.25,
      maxOutputTokens: 500,
      reasoningEffort: 'low',
      responseFormat: { type: 'json_schema', json_schema },
    });
  });

  test('together with its thread tells the thread first', async () => {
    const api = openApi(new ScriptedModel(says('Hello.')));
    const { ask } = await conversation(api);
    const thread = { messages: [{ role: 'user' as const, content: 'Hi!' }] };
    const stream = api.client.beta.threads.createAndRunStream({ ...ask, thread });
    const events: string[] = [];
    stream.on('event', ({ event }) => void events.push(event));
    const run = await stream.finalRun();
    expect(events.slice(0, 2)).toEqual(['thread.created', 'thread.run.created']);
    expect(await transcript(api, run.thread_id)).toEqual(['user: Hi!', 'assistant: Hello.']);

    const polled = await api.client.beta.threads.createAndRunPoll({ ...ask, thread }, { pollIntervalMs: 1 });
    expect(polled.status).toBe('completed');
  });

  test('together with its thread gives it the files of both', async () => {
    const api = openApi(new ScriptedModel(says('Hello.')));
    const { ask } = await conversation(api);
    const upload = (name: string) =>
      api.client.files.create({ file: new File(['x'], name), purpose: 'assistants' });
    const [one, two] = await Promise.all([upload('1.csv'), upload('2.csv')]);
    const run = await api.client.beta.threads.createAndRun({
      ...ask,
      thread: { tool_resources: { code_interpreter: { file_ids: [one.id] } } },
      tool_resources: { code_interpreter: { file_ids: [two.id, one.id] } },
    });
    const thread = await api.client.beta.threads.retrieve(run.thread_id);
    expect(thread.tool_resources).toEqual({ code_interpreter: { file_ids: [one.id, two.id] } });
  });

  test('tells who polls it without an interval of their own to come back soon', async () => {
    const api = openApi(new ScriptedModel(hangsAfter()));
    const { threadId, ask } = await conversation(api);
    const { runs } = api.client.beta.threads;
    const { id } = await runs.create(threadId, ask);
    const { response } = await runs.retrieve(id, { thread_id: threadId }).withResponse();
    expect(response.headers.get('openai-poll-after-ms')).toBe('250');
    await api.runs.close();
  });

  test('while another one is active is refused, and so is a message, of many at once all but one', async () => {
    const api = openApi(new ScriptedModel(hangsAfter()));
    const { threadId, ask } = await conversation(api);
    const { runs, messages } = api.client.beta.threads;
    const started = await Promise.allSettled(Array.from({ length: 10 }, () => runs.create(threadId, ask)));
    const created = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(created).toHaveLength(1);
    const id = created[0]?.id ?? '';
    await expect(runs.create(threadId, ask)).rejects.toThrow(
      `400 Thread ${threadId} already has an active run ${id}.`,
    );
    await expect(messages.create(threadId, { role: 'user', content: 'x' })).rejects.toThrow(
      `400 Can't add messages to ${threadId} while a run ${id} is active.`,
    );
    expect((await runs.list(threadId)).data.map((run) => run.id)).toEqual([id]);
    await api.runs.close();
  });

  test('can follow at once on one whose end was just seen', async () => {
    const api = openApi(new ScriptedModel(says('Hello.')));
    const { threadId, ask } = await conversation(api);
    for (let turn = 0; turn < 20; turn++) {
      for await (const { event } of await api.client.beta.threads.runs.create(threadId, {
        ...ask,
        stream: true,
      }))
        if (event === 'thread.run.completed') break;
    }
    expect((await api.client.beta.threads.runs.list(threadId)).data).toHaveLength(20);
  });

  test.each([
    [{ assistant_id: 'asst_none' }, "404 No assistant found with id 'asst_none'."],
    [
      { assistant_id: 'math-tutor' },
      "400 Invalid 'assistant_id': 'math-tutor'. Expected an ID that begins with 'asst'.",
    ],
    [{ temperature: 3 }, "400 Invalid 'temperature': decimal above maximum value."],
    [
      { max_prompt_tokens: 10 },
      "400 Invalid 'max_prompt_tokens': integer below minimum value. Expected a value >= 256",
    ],
    [{ tool_choice: 'maybe' as 'auto' }, '400 Invalid'],
    [
      { additional_messages: [{ role: 'user' as const, content: '' }] },
      '400 Message content must be non-empty.',
    ],
  ])('wrongly, as with %j, is told what is wrong', async (params, message) => {
    const api = openApi(new ScriptedModel(says('Hello.')));
    const { threadId, ask } = await conversation(api);
    await expect(api.client.beta.threads.runs.create(threadId, { ...ask, ...params })).rejects.toThrow(
      message,
    );
    expect((await api.client.beta.threads.runs.list(threadId)).data).toEqual([]);
  });

  test('on a thread that does not exist is told so', async () => {
    const api = openApi(new ScriptedModel(says('Hello.')));
    const { ask } = await conversation(api);
    await expect(api.client.beta.threads.runs.create('thread_none', ask)).rejects.toThrow(
      "404 No thread found with id 'thread_none'.",
    );
  });
});

describe('runs and their steps', () => {
  test('are found, listed page by page and described', async () => {
    const api = openApi(new ScriptedModel(says('Hello.')));
    const { threadId, ask } = await conversation(api);
    const { runs } = api.client.beta.threads;
    const ids: string[] = [];
    for (let turn = 0; turn < 5; turn++) ids.push((await runs.stream(threadId, ask).finalRun()).id);
    const listed = await Array.fromAsync(runs.list(threadId, { limit: 2, order: 'asc' }));
    expect(listed.map(({ id }) => id)).toEqual(ids);

    const [id = ''] = ids;
    const described = await runs.update(id, { thread_id: threadId, metadata: { topic: 'x' } });
    expect(described.metadata).toEqual({ topic: 'x' });
    expect(await runs.retrieve(id, { thread_id: threadId })).toMatchObject({
      status: 'completed',
      metadata: { topic: 'x' },
    });

    const [step] = (await runs.steps.list(id, { thread_id: threadId })).data;
    const include = ['step_details.tool_calls[*].file_search.results[*].content' as const];
    const found = await runs.steps.retrieve(step?.id ?? '', { thread_id: threadId, run_id: id, include });
    expect(found).toEqual(step);
    expect((await runs.steps.list(id, { thread_id: threadId, include })).data).toEqual([step]);
    expect((await runs.create(threadId, { ...ask, include })).status).toBe('queued');
    await expect(runs.steps.retrieve('step_none', { thread_id: threadId, run_id: id })).rejects.toThrow(
      "404 No run step found with id 'step_none'.",
    );
    await expect(runs.retrieve('run_none', { thread_id: threadId })).rejects.toThrow(
      "404 No run found with id 'run_none'.",
    );
  });

  test('can be described while they are active, and keep it to their end', async () => {
    const api = openApi(new ScriptedModel([...calls('weather', '{}'), end()], says('Sunny.')));
    const { threadId, ask } = await conversation(api);
    const { runs } = api.client.beta.threads;
    const { id } = await runs.stream(threadId, ask).finalRun();
    await runs.update(id, { thread_id: threadId, metadata: { topic: 'x' } });
    const tool_outputs = [{ tool_call_id: 'call_weather', output: '' }];
    const stream = runs.submitToolOutputsStream(id, { thread_id: threadId, tool_outputs });
    expect(await stream.finalRun()).toMatchObject({ status: 'completed', metadata: { topic: 'x' } });
  });

  test('are not looked for under ids that mix the arguments up, as with an SDK before version 5', async () => {
    const api = openApi(new ScriptedModel(says('Hello.')));
    const { threadId } = await conversation(api);
    const options = { headers: { 'OpenAI-Beta': 'assistants=v2' } };
    await expect(api.client.get(`/threads/undefined/runs/${threadId}`, options)).rejects.toMatchObject({
      status: 400,
      message: "400 Invalid 'thread_id': 'undefined'. Expected an ID that begins with 'thread'.",
      param: 'thread_id',
      code: 'invalid_value',
    });
    const { runs } = api.client.beta.threads;
    await expect(runs.retrieve(threadId, { thread_id: threadId })).rejects.toThrow(
      `400 Invalid 'run_id': '${threadId}'. Expected an ID that begins with 'run'.`,
    );
    await expect(
      runs.steps.retrieve('undefined', { thread_id: threadId, run_id: 'run_none' }),
    ).rejects.toThrow("404 No run found with id 'run_none'.");
  });

  test('of another thread are not found', async () => {
    const api = openApi(new ScriptedModel(says('Hello.')));
    const { threadId, ask } = await conversation(api);
    const { id } = await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    const other = await api.client.beta.threads.create();
    await expect(api.client.beta.threads.runs.retrieve(id, { thread_id: other.id })).rejects.toThrow('404');
  });
});

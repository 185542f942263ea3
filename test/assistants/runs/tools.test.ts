import type { AssistantStreamEvent } from 'openai/resources/beta/assistants';
import { describe, expect, test } from 'vitest';
import { MAX_SAME } from '../../../src/assistants/runs/loop/call-limits.ts';
import { ScriptedInterpreter } from '../../sim/scripted-interpreter.ts';
import { calls, end, python, ScriptedModel, says, text, usage } from '../../sim/scripted-model.ts';
import { conversation, openApi, type TestApi, transcript } from './assistants-api.ts';

async function eventsOf(stream: AsyncIterable<AssistantStreamEvent>): Promise<string[]> {
  const names: string[] = [];
  for await (const { event } of stream) names.push(event.replace('thread.', ''));
  return names;
}

async function stepsOf({ client }: TestApi, threadId: string, runId: string) {
  const page = client.beta.threads.runs.steps.list(runId, { thread_id: threadId, order: 'asc' });
  return Array.fromAsync(page);
}

describe('code that the model calls', () => {
  test('is shown as it is written, then its output, and the model answers to it', async () => {
    const model = new ScriptedModel(
      [text('Let me see. '), ...python('print(1)'), usage, end()],
      says('It is 1.'),
    );
    const interpreter = new ScriptedInterpreter({ 'print(1)': { prints: ['1', '\n'] } });
    const api = openApi(model, { interpreter });
    const { threadId, ask } = await conversation(api);
    const stream = api.client.beta.threads.runs.stream(threadId, ask);
    const seen: string[] = [];
    stream.on('toolCallDelta', (delta) => {
      if (delta.type !== 'code_interpreter') return;
      seen.push(delta.code_interpreter?.input ?? '');
      for (const output of delta.code_interpreter?.outputs ?? [])
        if (output.type === 'logs') seen.push(`> ${output.logs}`);
    });
    const run = await stream.finalRun();
    expect(run.status).toBe('completed');
    expect(run.usage?.total_tokens).toBe(30);
    expect(seen.filter(Boolean)).toEqual(['pri', 'nt(1)', '> 1', '> \n']);

    const steps = await stepsOf(api, threadId, run.id);
    expect(steps.map(({ type, status }) => `${type} ${status}`)).toEqual([
      'message_creation completed',
      'tool_calls completed',
      'message_creation completed',
    ]);
    expect(steps[1]?.step_details).toEqual({
      type: 'tool_calls',
      tool_calls: [
        {
          id: 'call_python',
          type: 'code_interpreter',
          code_interpreter: { input: 'print(1)', outputs: [{ type: 'logs', logs: '1\n' }] },
        },
      ],
    });
    expect(await transcript(api, threadId)).toEqual([
      'user: Hello?',
      'assistant: Let me see. ',
      'assistant: It is 1.',
    ]);
    expect(model.requests[1]?.items).toEqual([
      { type: 'message', role: 'user', content: [{ type: 'text', text: 'Hello?' }] },
      { type: 'message', role: 'assistant', content: [{ type: 'text', text: 'Let me see. ' }] },
      {
        type: 'tool_call',
        callId: 'call_python',
        name: 'code_interpreter',
        arguments: '{"code":"print(1)"}',
      },
      { type: 'tool_output', callId: 'call_python', output: '1\n' },
    ]);
  });

  test('closes the message before it in the stream, as AssistantStream demands', async () => {
    const model = new ScriptedModel([text('So: '), ...python('1'), end()], says('Done.'));
    const api = openApi(model);
    const { threadId, ask } = await conversation(api);
    const events = await eventsOf(
      await api.client.beta.threads.runs.create(threadId, { ...ask, stream: true }),
    );
    const steps = events.filter((event) => !event.endsWith('delta') && !event.endsWith('in_progress'));
    expect(steps).toEqual([
      'run.created',
      'run.queued',
      'run.step.created',
      'message.created',
      'message.completed',
      'run.step.completed',
      'run.step.created',
      'run.step.completed',
      'run.step.created',
      'message.created',
      'message.completed',
      'run.step.completed',
      'run.completed',
    ]);
  });

  test('runs call after call when there are several, and text between them follows them', async () => {
    const model = new ScriptedModel(
      [...python('a', 'call_a', 0), text('Meanwhile. '), ...python('b', 'call_b', 1), end()],
      says('Done.'),
    );
    const api = openApi(model);
    const { threadId, ask } = await conversation(api);
    const stream = api.client.beta.threads.runs.stream(threadId, ask);
    expect((await stream.finalRun()).status).toBe('completed');
    expect(api.interpreter.requests.map(({ code }) => code)).toEqual(['a', 'b']);
    expect(await transcript(api, threadId)).toEqual([
      'user: Hello?',
      'assistant: Meanwhile. ',
      'assistant: Done.',
    ]);
    const types = model.requests[1]?.items.map((item) => ('callId' in item ? item.callId : item.type));
    expect(types).toEqual(['message', 'call_a', 'call_b', 'call_a', 'call_b', 'message']);
  });

  test('that is missing is answered with how to call', async () => {
    const model = new ScriptedModel([...calls('code_interpreter', '{}'), end()], says('Sorry.'));
    const api = openApi(model);
    const { threadId, ask } = await conversation(api);
    await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    expect(api.interpreter.requests).toEqual([]);
    expect(model.requests[1]?.items.at(-1)).toMatchObject({ output: expect.stringContaining('no code') });
  });

  test('in a Python that lost its variables is told so to the model, not to people', async () => {
    const model = new ScriptedModel([...python('a'), end()], [...python('b', 'c2'), end()], says('Done.'));
    const interpreter = new ScriptedInterpreter({
      a: { prints: ['A'], fresh: true },
      b: { prints: ['B'], fresh: true },
    });
    const api = openApi(model, { interpreter });
    const { threadId, ask } = await conversation(api);
    const run = await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    const outputs = model.requests[2]?.items.flatMap((item) =>
      item.type === 'tool_output' ? [item.output] : [],
    );
    expect(outputs?.[0]).toBe('A');
    expect(outputs?.[1]).toMatch(/^\[This Python was started anew.*\]\nB$/);
    expect(JSON.stringify(await stepsOf(api, threadId, run.id))).not.toContain('anew');
  });

  test('that waits for a free Python is told so to people while it waits, not to the model', async () => {
    const model = new ScriptedModel([...python('a'), ...python('b', 'c2', 1), end()], says('Done.'));
    const waiting = { a: { waits: true, prints: ['A'] }, b: { waits: true, prints: [] } };
    const api = openApi(model, { interpreter: new ScriptedInterpreter(waiting) });
    const { threadId, ask } = await conversation(api);
    const logs: string[] = [];
    for await (const { event, data } of await api.client.beta.threads.runs.create(threadId, {
      ...ask,
      stream: true,
    })) {
      const details = event === 'thread.run.step.delta' ? data.delta.step_details : undefined;
      for (const call of details?.type === 'tool_calls' ? (details.tool_calls ?? []) : [])
        for (const output of (call.type === 'code_interpreter' && call.code_interpreter?.outputs) || [])
          if (output.type === 'logs') logs.push(output.logs ?? '');
    }
    const waits = expect.stringMatching(
      /^Every Python that you may have now is busy with another conversation.*by itself.*\n$/,
    );
    expect(logs).toEqual([waits, 'A', waits]);
    const outputs = model.requests[1]?.items.flatMap((item) =>
      item.type === 'tool_output' ? [item.output] : [],
    );
    expect(outputs).toEqual(['A', '(no output)']);
  });

  test('that never ends is stopped with the run', async () => {
    const model = new ScriptedModel([...python('again'), end()]);
    const api = openApi(model);
    const { threadId, ask } = await conversation(api);
    const run = await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    expect(run).toMatchObject({ status: 'completed', last_error: null });
    expect((await transcript(api, threadId)).at(-1)).toContain('went on calling tools');
    expect(api.interpreter.requests).toHaveLength(MAX_SAME);
    expect(new Set((await stepsOf(api, threadId, run.id)).map(({ status }) => status))).toEqual(
      new Set(['completed']),
    );
  });
});

describe('functions that the client runs', () => {
  const question = () =>
    new ScriptedModel(
      [
        text('One moment. '),
        ...calls('weather', '{"city":"Bern"}', 'call_1', 0),
        ...python('1+1', 'call_2', 1),
        ...calls('weather', '{"city":"Rome"}', 'call_3', 2),
        usage,
        end(),
      ],
      says('Sunny.'),
    );

  test('are required all at once, after the code of the same answer ran, and a second stream goes on', async () => {
    const model = question();
    const api = openApi(model);
    const { threadId, ask } = await conversation(api);
    const { runs } = api.client.beta.threads;
    const waiting = await runs.stream(threadId, ask).finalRun();
    expect(waiting.status).toBe('requires_action');
    expect(waiting.required_action).toEqual({
      type: 'submit_tool_outputs',
      submit_tool_outputs: {
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Bern"}' } },
          { id: 'call_3', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } },
        ],
      },
    });
    expect(api.interpreter.requests).toHaveLength(1);
    expect((await stepsOf(api, threadId, waiting.id)).at(-1)?.status).toBe('in_progress');

    const outputs = [
      { tool_call_id: 'call_3', output: 'hot' },
      { tool_call_id: 'call_1', output: 'cold' },
    ];
    const stream = runs.submitToolOutputsStream(waiting.id, { thread_id: threadId, tool_outputs: outputs });
    const events: string[] = [];
    stream.on('event', ({ event }) => void events.push(event));
    const run = await stream.finalRun();
    expect(run).toMatchObject({ status: 'completed', required_action: null });
    expect(events.slice(0, 4)).toEqual([
      'thread.run.step.completed',
      'thread.run.queued',
      'thread.run.in_progress',
      'thread.run.step.created',
    ]);
    expect(model.requests[1]?.items.slice(-3)).toEqual([
      { type: 'tool_output', callId: 'call_1', output: 'cold' },
      { type: 'tool_output', callId: 'call_2', output: 'ran 1+1\n' },
      { type: 'tool_output', callId: 'call_3', output: 'hot' },
    ]);
    const [, toolStep] = await stepsOf(api, threadId, run.id);
    expect(toolStep?.step_details).toMatchObject({
      tool_calls: [{ function: { output: 'cold' } }, {}, { function: { output: 'hot' } }],
    });
  });

  test('can be polled', async () => {
    const api = openApi(question());
    const { threadId, ask } = await conversation(api);
    const { runs } = api.client.beta.threads;
    const waiting = await runs.createAndPoll(threadId, ask, { pollIntervalMs: 1 });
    const tool_outputs = ['call_1', 'call_3'].map((id) => ({ tool_call_id: id, output: 'mild' }));
    const params = { thread_id: threadId, tool_outputs };
    const run = await runs.submitToolOutputsAndPoll(waiting.id, params, { pollIntervalMs: 1 });
    expect(run.status).toBe('completed');
    expect(await transcript(api, threadId)).toEqual([
      'user: Hello?',
      'assistant: One moment. ',
      'assistant: Sunny.',
    ]);
  });

  test('want every output, and outputs only when the run waits for them', async () => {
    const api = openApi(question());
    const { threadId, ask } = await conversation(api);
    const { runs } = api.client.beta.threads;
    const waiting = await runs.stream(threadId, ask).finalRun();
    const submit = (...ids: string[]) =>
      runs.submitToolOutputs(waiting.id, {
        thread_id: threadId,
        tool_outputs: ids.map((id) => ({ tool_call_id: id, output: '' })),
      });
    await expect(submit('call_1')).rejects.toThrow(
      "400 Expected tool outputs for call_ids ['call_1', 'call_3'], got ['call_1']",
    );
    await expect(submit('call_1', 'call_2')).rejects.toThrow('Expected tool outputs');
    const both = await Promise.allSettled([submit('call_1', 'call_3'), submit('call_1', 'call_3')]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect
      .poll(async () => (await runs.retrieve(waiting.id, { thread_id: threadId })).status)
      .toBe('completed');
    await expect(submit('call_1', 'call_3')).rejects.toThrow(
      '400 Runs in status "completed" do not accept tool outputs.',
    );
  });

  test('may be answered without an output, as the SDK allows', async () => {
    const model = new ScriptedModel([...calls('weather', '{}'), end()], says('Done.'));
    const api = openApi(model);
    const { threadId, ask } = await conversation(api);
    const { runs } = api.client.beta.threads;
    const { id } = await runs.stream(threadId, ask).finalRun();
    const tool_outputs = [{ tool_call_id: 'call_weather' }];
    const run = await runs.submitToolOutputsStream(id, { thread_id: threadId, tool_outputs }).finalRun();
    expect(run.status).toBe('completed');
    expect(model.requests[1]?.items.at(-1)).toMatchObject({ callId: 'call_weather', output: '' });
  });

  test('that the run does not have are answered for the client', async () => {
    const model = new ScriptedModel([...calls('teleport', '{}'), end()], says('I cannot.'));
    const api = openApi(model);
    const { threadId, ask } = await conversation(api);
    const run = await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    expect(run.status).toBe('completed');
    expect(model.requests[1]?.items.at(-1)).toMatchObject({
      output: 'There is no function called "teleport". These can be called: code_interpreter, weather.',
    });
  });

  test('and that the model calls with nothing at all are given empty arguments as JSON', async () => {
    const api = openApi(
      new ScriptedModel([{ type: 'tool_call', index: 0, callId: 'c', name: 'weather' }, end()]),
    );
    const { threadId, ask } = await conversation(api);
    const run = await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    expect(run.required_action?.submit_tool_outputs.tool_calls[0]?.function.arguments).toBe('{}');
  });

  test('get ids of their own when the model gives the same one twice', async () => {
    const answer = [...calls('weather', '{}', 'call_0', 0), ...calls('weather', '{}', 'call_0', 1), end()];
    const api = openApi(new ScriptedModel(answer));
    const { threadId, ask } = await conversation(api);
    const run = await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    const ids = run.required_action?.submit_tool_outputs.tool_calls.map(({ id }) => id) ?? [];
    expect(new Set(ids).size).toBe(2);
  });

  test('are demanded by tool_choice for the first answer only', async () => {
    const model = new ScriptedModel([...python('1'), end()], says('Done.'));
    const api = openApi(model);
    const { threadId, ask } = await conversation(api);
    await api.client.beta.threads.runs
      .stream(threadId, { ...ask, tool_choice: { type: 'code_interpreter' } })
      .finalRun();
    expect(model.requests.map(({ toolChoice }) => toolChoice)).toEqual([
      { name: 'code_interpreter' },
      'auto',
    ]);
  });
});

test('what is opaque to the API is given back to the model in its place, within the run', async () => {
  const thought = { type: 'provider_item' as const, item: { secret: 1 } };
  const model = new ScriptedModel([thought, text('Hm. '), ...python('1'), end()], says('Done.'));
  const api = openApi(model);
  const { threadId, ask } = await conversation(api);
  await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
  expect(model.requests[1]?.items.map(({ type }) => type)).toEqual([
    'message',
    'provider',
    'message',
    'tool_call',
    'tool_output',
  ]);
});

import type { Run } from 'openai/resources/beta/threads/runs/runs';
import { describe, expect, test } from 'vitest';
import { ModelError } from '../../../src/assistants/models/model.ts';
import { EXPIRES_AFTER_MS } from '../../../src/assistants/runs/expiry.ts';
import { ScriptedInterpreter } from '../../sim/scripted-interpreter.ts';
import {
  calls,
  end,
  failsAfter,
  hangsAfter,
  python,
  ScriptedModel,
  says,
  text,
  usage,
} from '../../sim/scripted-model.ts';
import { timeLeaps } from '../../sim/time-leap.ts';
import { conversation, openApi, type TestApi } from './assistants-api.ts';

/** How a run ended: itself, its last message and its last step. */
async function outcome({ client }: TestApi, threadId: string, runId: string) {
  const run = await client.beta.threads.runs.retrieve(runId, { thread_id: threadId });
  const messages = await client.beta.threads.messages.list(threadId, { limit: 1 });
  const steps = await client.beta.threads.runs.steps.list(runId, { thread_id: threadId, limit: 1 });
  return { run, message: messages.data[0], step: steps.data[0] };
}

describe('a run that is cancelled', () => {
  test('while the model speaks keeps what it said as an incomplete message', async () => {
    const api = openApi(new ScriptedModel(hangsAfter(text('Once upon '))));
    const { threadId, ask } = await conversation(api);
    const { runs } = api.client.beta.threads;
    const stream = runs.stream(threadId, ask);
    const events: string[] = [];
    stream.on('event', ({ event }) => void events.push(event));
    const answers: Promise<Run>[] = [];
    stream.once('textDelta', () => {
      const id = stream.currentRun()?.id ?? '';
      answers.push(runs.cancel(id, { thread_id: threadId }), runs.cancel(id, { thread_id: threadId }));
    });
    const run = await stream.finalRun();
    const [first, second] = await Promise.allSettled(answers);
    expect(first).toMatchObject({ value: { status: 'cancelling' } });
    expect(second).toMatchObject({
      reason: { message: "400 Cannot cancel run with status 'cancelling'." },
    });
    expect(run).toMatchObject({ status: 'cancelled', last_error: null, expires_at: null });
    expect(run.cancelled_at).toBeTypeOf('number');
    expect(events.slice(-4)).toEqual([
      'thread.run.cancelling',
      'thread.message.incomplete',
      'thread.run.step.cancelled',
      'thread.run.cancelled',
    ]);
    const { message, step } = await outcome(api, threadId, run.id);
    expect(message).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'run_cancelled' },
      content: [{ text: { value: 'Once upon ' } }],
    });
    expect(step).toMatchObject({ status: 'cancelled', type: 'message_creation' });
    expect(api.errors).toEqual([]);
    await expect(runs.cancel(run.id, { thread_id: threadId })).rejects.toThrow(
      "400 Cannot cancel run with status 'cancelled'.",
    );
  });

  test('while code runs stops the code and keeps its output', async () => {
    const interpreter = new ScriptedInterpreter({ loop: { prints: ['1\n'], hangs: true } });
    const api = openApi(new ScriptedModel([...python('loop'), end()]), { interpreter });
    const { threadId, ask } = await conversation(api);
    const { runs } = api.client.beta.threads;
    const { id } = await runs.create(threadId, ask);
    await expect.poll(() => interpreter.requests.length).toBe(1);
    await runs.cancel(id, { thread_id: threadId });
    const run = await runs.poll(id, { thread_id: threadId }, { pollIntervalMs: 1 });
    expect(run.status).toBe('cancelled');
    const { step } = await outcome(api, threadId, id);
    expect(step).toMatchObject({
      status: 'cancelled',
      step_details: { tool_calls: [{ code_interpreter: { outputs: [{ type: 'logs', logs: '1\n' }] } }] },
    });
  });

  test('while it waits for outputs is over at once, and the thread is free', async () => {
    const model = new ScriptedModel([...calls('weather', '{}'), end()], says('Anew.'));
    const api = openApi(model);
    const { threadId, ask } = await conversation(api);
    const { runs } = api.client.beta.threads;
    const waiting = await runs.stream(threadId, ask).finalRun();
    await runs.cancel(waiting.id, { thread_id: threadId });
    const run = await runs.poll(waiting.id, { thread_id: threadId }, { pollIntervalMs: 1 });
    expect(run).toMatchObject({ status: 'cancelled', required_action: null });
    expect((await runs.stream(threadId, ask).finalRun()).status).toBe('completed');
    expect(model.requests[1]?.items).toContainEqual({
      type: 'tool_output',
      callId: 'call_weather',
      output: '(The run ended before this call was answered.)',
    });
  });
});

describe('a run that fails', () => {
  test('in the midst of a message keeps what was said and tells the provider’s error', async () => {
    const error = new ModelError('rate_limit_exceeded', 'Too many requests: wait a minute.');
    const api = openApi(new ScriptedModel(failsAfter(error, text('Once '))));
    const { threadId, ask } = await conversation(api);
    const run = await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    expect(run).toMatchObject({
      status: 'failed',
      last_error: { code: 'rate_limit_exceeded', message: 'Too many requests: wait a minute.' },
    });
    const { message, step } = await outcome(api, threadId, run.id);
    expect(message).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'run_failed' },
      content: [{ text: { value: 'Once ' } }],
    });
    expect(step).toMatchObject({ status: 'failed', last_error: { code: 'rate_limit_exceeded' } });
    expect(api.errors).toEqual([]);
  });

  test('for a reason that nobody foresaw tells no secrets, but the log gets the cause', async () => {
    const cause = new TypeError('sk-secret is undefined');
    const api = openApi(new ScriptedModel(failsAfter(cause)));
    const { threadId, ask } = await conversation(api);
    const run = await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    expect(run.last_error?.code).toBe('server_error');
    expect(JSON.stringify(run)).not.toContain('secret');
    expect(api.errors).toEqual([cause]);
  });

  test('when the answer breaks off is no success', async () => {
    const api = openApi(new ScriptedModel([text('Once ')]));
    const { threadId, ask } = await conversation(api);
    const run = await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    expect(run.last_error?.message).toContain('broke off');
  });

  test('by the content filter says so on the message too', async () => {
    const api = openApi(new ScriptedModel([text('Once '), end('content_filter')]));
    const { threadId, ask } = await conversation(api);
    const run = await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    expect(run).toMatchObject({ status: 'failed', last_error: { code: 'invalid_prompt' } });
    const { message } = await outcome(api, threadId, run.id);
    expect(message?.incomplete_details).toEqual({ reason: 'content_filter' });
  });

  test('in its second answer leaves the first and its tools complete', async () => {
    const error = new ModelError('server_error', 'The provider is down.');
    const model = new ScriptedModel([text('A. '), ...python('1'), end()], failsAfter(error, text('B')));
    const api = openApi(model);
    const { threadId, ask } = await conversation(api);
    const run = await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    const steps = await api.client.beta.threads.runs.steps.list(run.id, {
      thread_id: threadId,
      order: 'asc',
    });
    expect(steps.data.map(({ status }) => status)).toEqual(['completed', 'completed', 'failed']);
  });

  test('because the store fails ends its stream with an error and frees the thread', async () => {
    const api = openApi(new ScriptedModel(says('Hello.')), { storePatienceMs: 200 });
    const { threadId, ask } = await conversation(api);
    const update = api.state.runs.update.bind(api.state.runs);
    api.state.runs.update = () => Promise.reject(new Error('disk full'));
    const stream = api.client.beta.threads.runs.stream(threadId, ask);
    await expect(stream.finalRun()).rejects.toThrow('could not save the run');
    expect(api.errors).toContainEqual(new Error('disk full'));
    api.state.runs.update = update;
    expect((await api.client.beta.threads.runs.stream(threadId, ask).finalRun()).status).toBe('completed');
    const { data } = await api.client.beta.threads.runs.list(threadId, { order: 'asc' });
    expect(data[0]).toMatchObject({ status: 'failed', last_error: { code: 'server_error' } });
  });
});

describe('a run that is incomplete', () => {
  test('because the answer reached its length says so', async () => {
    const model = new ScriptedModel([text('Once '), usage, end('length')]);
    const api = openApi(model);
    const { threadId, ask } = await conversation(api);
    const params = { ...ask, max_completion_tokens: 5 };
    const run = await api.client.beta.threads.runs.stream(threadId, params).finalRun();
    expect(run).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_completion_tokens' },
      usage: { total_tokens: 15 },
    });
    const { message } = await outcome(api, threadId, run.id);
    expect(message).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_tokens' } });
    expect(model.requests[0]?.maxOutputTokens).toBe(5);
  });

  test('in the midst of a call closes the call', async () => {
    const answer = calls('weather', '{"city": "Be').concat(usage, end('length'));
    const api = openApi(new ScriptedModel(answer));
    const { threadId, ask } = await conversation(api);
    const run = await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    expect(run.status).toBe('incomplete');
    expect((await outcome(api, threadId, run.id)).step?.status).toBe('failed');
  });

  test('because its answers together reached max_completion_tokens asks no further', async () => {
    const model = new ScriptedModel([...python('1'), usage, end()]);
    const api = openApi(model);
    const { threadId, ask } = await conversation(api);
    const params = { ...ask, max_completion_tokens: 8 };
    const run = await api.client.beta.threads.runs.stream(threadId, params).finalRun();
    expect(run.incomplete_details).toEqual({ reason: 'max_completion_tokens' });
    expect(model.requests.map(({ maxOutputTokens }) => maxOutputTokens)).toEqual([8, 3]);
  });

  test('because its requests together reached max_prompt_tokens asks no further', async () => {
    const big = { type: 'usage' as const, promptTokens: 300, completionTokens: 1 };
    const model = new ScriptedModel([...python('1'), big, end()]);
    const api = openApi(model);
    const { threadId, ask } = await conversation(api);
    const params = { ...ask, max_prompt_tokens: 256 };
    const run = await api.client.beta.threads.runs.stream(threadId, params).finalRun();
    expect(run.incomplete_details).toEqual({ reason: 'max_prompt_tokens' });
    expect(model.requests).toHaveLength(1);
  });
});

describe('a run that expires', () => {
  test('while the model speaks keeps what it said', async () => {
    const leap = timeLeaps();
    const api = openApi(new ScriptedModel(hangsAfter(text('Once '))));
    const { threadId, ask } = await conversation(api);
    const stream = api.client.beta.threads.runs.stream(threadId, ask);
    stream.once('textDelta', () => leap(EXPIRES_AFTER_MS));
    const run = await stream.finalRun();
    expect(run.status).toBe('expired');
    const { message, step } = await outcome(api, threadId, run.id);
    expect(message).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'run_expired' } });
    expect(step?.status).toBe('expired');
  });

  test('while it waits for outputs takes none any more', async () => {
    const leap = timeLeaps();
    const api = openApi(new ScriptedModel([...calls('weather', '{}'), end()]));
    const { threadId, ask } = await conversation(api);
    const { runs } = api.client.beta.threads;
    const { id, status } = await runs.stream(threadId, ask).finalRun();
    expect(status).toBe('requires_action');
    leap(EXPIRES_AFTER_MS);
    await expect.poll(async () => (await runs.retrieve(id, { thread_id: threadId })).status).toBe('expired');
    const tool_outputs = [{ tool_call_id: 'call_weather', output: '' }];
    await expect(runs.submitToolOutputs(id, { thread_id: threadId, tool_outputs })).rejects.toThrow(
      'Runs in status "expired" do not accept tool outputs.',
    );
  });
});

test('a client that goes away does not end the run', async () => {
  let goOn = () => {};
  const gone = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const model = new ScriptedModel(async function* () {
    yield text('Still ');
    await gone;
    yield text('here.');
    yield end();
  });
  const api = openApi(model);
  const { threadId, ask } = await conversation(api);
  const { runs } = api.client.beta.threads;
  let id = '';
  for await (const event of await runs.create(threadId, { ...ask, stream: true })) {
    if (event.event === 'thread.run.created') id = event.data.id;
    if (event.event === 'thread.message.delta') break;
  }
  goOn();
  const run = await runs.poll(id, { thread_id: threadId }, { pollIntervalMs: 1 });
  expect(run.status).toBe('completed');
  expect((await outcome(api, threadId, id)).message?.content).toMatchObject([
    { text: { value: 'Still here.' } },
  ]);
});

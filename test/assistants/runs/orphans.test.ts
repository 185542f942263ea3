import { describe, expect, test } from 'vitest';
import { calls, end, hangsAfter, ScriptedModel, says, text } from '../../sim/scripted-model.ts';
import { conversation, memoryStore, openApi, transcript } from './assistants-api.ts';

/** A server that died while its run spoke, and the store that it left behind. */
async function deadServer(shared: boolean, leaseMs = 60_000) {
  const keyv = memoryStore();
  const leases = shared ? { leases: keyv<number | true>('leases'), leaseMs, heartbeatMs: 5 } : {};
  const dead = openApi(new ScriptedModel(hangsAfter(text('Once '))), { keyv, ...leases });
  const { threadId, ask } = await conversation(dead);
  const { id } = await dead.client.beta.threads.runs.create(threadId, ask);
  await expect.poll(() => dead.state.messages.count(threadId)).toBe(2);
  const open = () => openApi(new ScriptedModel(says('Hello.')), { keyv, ...leases });
  return { dead, open, threadId, ask, id };
}

describe('a run whose process died', () => {
  test('is failed, with its step and message, when somebody asks for it', async () => {
    const { open, threadId, id } = await deadServer(false);
    const { client } = open();
    const run = await client.beta.threads.runs.retrieve(id, { thread_id: threadId });
    expect(run).toMatchObject({ status: 'failed', last_error: { code: 'server_error' } });
    expect(run.last_error?.message).toContain('server was restarted');
    const [message] = (await client.beta.threads.messages.list(threadId, { limit: 1 })).data;
    expect(message).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'run_failed' } });
    const [step] = (await client.beta.threads.runs.steps.list(id, { thread_id: threadId })).data;
    expect(step?.status).toBe('failed');
    expect(step?.failed_at).toBeTypeOf('number');
  });

  test('has lost no more of its answer than came since it was last kept', async () => {
    const keyv = memoryStore();
    const dead = openApi(new ScriptedModel(hangsAfter(text('Once '), text('upon '))), {
      keyv,
      checkpointMs: 1,
    });
    const { threadId, ask } = await conversation(dead);
    const { id } = await dead.client.beta.threads.runs.create(threadId, ask);
    await expect.poll(() => transcript(dead, threadId)).toContain('assistant: Once upon ');

    const model = new ScriptedModel(says('a time.'));
    const api = openApi(model, { keyv });
    expect((await api.client.beta.threads.runs.retrieve(id, { thread_id: threadId })).status).toBe('failed');
    expect(await transcript(api, threadId)).toEqual(['user: Hello?', 'assistant: Once upon ']);
  });

  test('leaves no empty message in what the model reads next', async () => {
    const { dead, open, threadId, ask } = await deadServer(false);
    const begun = await dead.state.messages.last(threadId);
    if (begun) await dead.state.messages.put({ ...begun, content: [] });
    const api = open();
    const [left] = (await api.client.beta.threads.messages.list(threadId, { limit: 1 })).data;
    expect(left).toMatchObject({ role: 'assistant', content: [] });
    await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    expect(api.model.requests[0]?.items.map((item) => 'role' in item && item.role)).toEqual(['user']);
  });

  test('holds neither a new run nor a new message back', async () => {
    const { open, threadId, ask } = await deadServer(false);
    const api = open();
    await api.client.beta.threads.messages.create(threadId, { role: 'user', content: 'Still there?' });
    expect((await api.client.beta.threads.runs.stream(threadId, ask).finalRun()).status).toBe('completed');
    expect((await transcript(api, threadId)).at(-1)).toBe('assistant: Hello.');
  });
});

describe('processes that share a store', () => {
  test('leave each other’s runs alone', async () => {
    const { open, threadId, ask, id } = await deadServer(true);
    const { client } = open();
    expect((await client.beta.threads.runs.retrieve(id, { thread_id: threadId })).status).toBe('in_progress');
    await expect(client.beta.threads.runs.create(threadId, ask)).rejects.toThrow(
      `400 Thread ${threadId} already has an active run ${id}.`,
    );
  });

  test('cancel each other’s runs', async () => {
    const { open, threadId, id } = await deadServer(true);
    const { client } = open();
    const { runs } = client.beta.threads;
    expect((await runs.cancel(id, { thread_id: threadId })).status).toBe('cancelling');
    const run = await runs.poll(id, { thread_id: threadId }, { pollIntervalMs: 5 });
    expect(run.status).toBe('cancelled');
  });

  test('end a run whose process has been silent for too long', async () => {
    const { open, threadId, id } = await deadServer(true, 0);
    const { client } = open();
    expect((await client.beta.threads.runs.retrieve(id, { thread_id: threadId })).status).toBe('failed');
  });

  test('send tool outputs to the process that waits for them', async () => {
    const keyv = memoryStore();
    const leases = keyv<number | true>('leases');
    const first = openApi(new ScriptedModel([...calls('weather', '{}'), end()]), { keyv, leases });
    const { threadId, ask } = await conversation(first);
    const { id } = await first.client.beta.threads.runs.stream(threadId, ask).finalRun();
    const second = openApi(new ScriptedModel(says('.')), { keyv, leases });
    const tool_outputs = [{ tool_call_id: 'call_weather', output: '' }];
    const submitted = second.client.beta.threads.runs.submitToolOutputs(id, {
      thread_id: threadId,
      tool_outputs,
    });
    await expect(submitted).rejects.toThrow('another server process');
    await first.runs.close();
  });

  test('leave no lease behind when a run is over', async () => {
    const keyv = memoryStore();
    const leases = keyv<number | true>('leases');
    const api = openApi(new ScriptedModel(says('Hello.')), { keyv, leases });
    const { threadId, ask } = await conversation(api);
    const run = await api.client.beta.threads.runs.stream(threadId, ask).finalRun();
    await expect.poll(() => leases.get(`held/${run.id}`)).toBeUndefined();
  });
});

import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ScriptedInterpreter } from '../../sim/scripted-interpreter.ts';
import {
  calls,
  end,
  hangsAfter,
  python,
  type ScriptedAnswer,
  ScriptedModel,
  says,
  text,
} from '../../sim/scripted-model.ts';
import { conversation, memoryStore, openApi, transcript, unevenStore } from './assistants-api.ts';

const hanging = { loop: { prints: ['1\n'], hangs: true } };
const handedOver: [where: string, answers: ScriptedAnswer[], statuses: string[]][] = [
  ['before its first word', [hangsAfter()], []],
  ['in its words', [hangsAfter(text('Once '), text('upon'))], ['in_progress']],
  ['in its code', [[text('Wait.'), ...python('loop'), end()]], ['completed', 'in_progress']],
  ['while it waits for a client', [[...calls('weather', '{}'), end()]], ['in_progress']],
];

test.each(handedOver)(
  'a run is left %s, and the next process goes on with it',
  async (_where, answers, statuses) => {
    const keyv = memoryStore();
    const interpreter = new ScriptedInterpreter(hanging);
    const api = openApi(new ScriptedModel(...answers), { keyv, interpreter, checkpointMs: 60_000 });
    const { threadId, ask } = await conversation(api);
    const { runs } = api.client.beta.threads;
    const events: string[] = [];
    const stream = await runs.create(threadId, { ...ask, stream: true });
    const ended = Array.fromAsync(stream, ({ event }) => void events.push(event));
    await expect.poll(() => api.model.requests.length).toBe(1);
    await expect
      .poll(() => (api.runs.written(threadId)?.steps ?? []).map(({ status }) => status))
      .toEqual(statuses);
    const [before] = (await runs.list(threadId, { limit: 1 })).data;
    const id = before?.id ?? '';
    const seen = await transcript(api, threadId);
    await api.runs.close();
    await ended;
    expect(events.filter((event) => /\.(failed|cancelled|incomplete|expired)$/.test(event))).toEqual([]);
    // It can still be read, as it was left.
    expect(await transcript(api, threadId)).toEqual(seen);
    expect(await runs.retrieve(id, { thread_id: threadId })).toEqual(before);
    expect(api.errors).toEqual([]);

    const next = openApi(new ScriptedModel(says('There.')), { keyv });
    const params = { thread_id: threadId };
    const found = await next.client.beta.threads.runs.retrieve(id, params);
    if (found.status === 'requires_action') {
      const tool_outputs = [{ tool_call_id: 'call_weather', output: 'fine' }];
      await next.client.beta.threads.runs.submitToolOutputs(id, { ...params, tool_outputs });
    }
    const run = await next.client.beta.threads.runs.poll(id, params, { pollIntervalMs: 1 });
    expect(run).toMatchObject({ id, status: 'completed' });
    expect((await transcript(next, threadId)).at(-1)).toBe('assistant: There.');
  },
);

test('a run that is being cancelled ends so before it would be left', async () => {
  const api = openApi(new ScriptedModel(hangsAfter(text('Once '))));
  const { threadId, ask } = await conversation(api);
  const { id } = await api.client.beta.threads.runs.create(threadId, ask);
  api.runs.cancel(threadId, id);
  await setTimeout();
  await api.runs.close();
  expect((await api.state.runs.get(id))?.status).toBe('cancelled');
});

test('outputs and cancels that come too late are for the next process', async () => {
  const keyv = memoryStore();
  const api = openApi(new ScriptedModel([...calls('weather', '{}'), end()]), { keyv });
  const { threadId, ask } = await conversation(api);
  const { runs } = api.client.beta.threads;
  const { id } = await runs.stream(threadId, ask).finalRun();
  await api.runs.close();
  const params = { thread_id: threadId, tool_outputs: [{ tool_call_id: 'call_weather', output: 'fine' }] };
  await expect(runs.submitToolOutputs(id, params)).rejects.toMatchObject({ status: 503 });
  expect((await runs.cancel(id, { thread_id: threadId })).status).toBe('cancelling');
  const next = openApi(new ScriptedModel(says('never')), { keyv });
  expect((await next.client.beta.threads.runs.retrieve(id, { thread_id: threadId })).status).toBe(
    'cancelled',
  );
});

test.each([0, 3, 6, 9, 12, 15, 20, 30])(
  'a run that is being started for %i ms is refused, or left as others are and its stream ends',
  async (ms) => {
    const keyv = unevenStore();
    const api = openApi(new ScriptedModel(hangsAfter(text('Once '))), { keyv });
    const { threadId, ask } = await conversation(api);
    const { runs } = api.client.beta.threads;
    const additional_messages = [{ role: 'user' as const, content: 'And?' }];
    const asked = runs.create(threadId, { ...ask, additional_messages, stream: true });
    const outcome = asked.then((stream) => Array.fromAsync(stream)).catch((error: unknown) => error);
    await setTimeout(ms);
    await api.runs.close();
    const { data } = await runs.list(threadId);
    const ended = await outcome;
    if (data.length === 0) expect(ended).toMatchObject({ status: 503 });
    else expect(data[0]?.status).toBe('in_progress');
    expect(api.errors).toEqual([]);
    if (!data[0]) return;
    const next = openApi(new ScriptedModel(says('There.')), { keyv });
    const params = { thread_id: threadId };
    const run = await next.client.beta.threads.runs.poll(data[0].id, params, { pollIntervalMs: 1 });
    expect(run.status).toBe('completed');
    expect((await transcript(next, threadId)).slice(1)).toEqual(['user: And?', 'assistant: There.']);
  },
);

test('no run is taken after that, and the SDK may ask again elsewhere', async () => {
  const api = openApi(new ScriptedModel(hangsAfter()));
  const { threadId, ask } = await conversation(api);
  await api.runs.close();
  for (const stream of [true, false]) {
    const refused = api.client.beta.threads.runs.create(threadId, { ...ask, stream });
    await expect(refused).rejects.toMatchObject({ status: 503, type: 'server_error' });
    await expect(refused).rejects.toThrow('The server is being stopped.');
  }
  expect((await api.client.beta.threads.runs.list(threadId)).data).toEqual([]);
  expect((await api.client.beta.threads.messages.list(threadId)).data).toHaveLength(1);
});

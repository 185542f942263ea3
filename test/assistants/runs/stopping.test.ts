import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { calls, end, hangsAfter, ScriptedModel, text } from '../../sim/scripted-model.ts';
import { conversation, openApi, unevenStore } from './assistants-api.ts';

const STOPPED = { status: 'failed', last_error: { message: expect.stringContaining('server was stopped') } };

test('a run that waits for a client is ended, too, and can be read afterwards', async () => {
  const api = openApi(new ScriptedModel([...calls('weather', '{}'), end()]));
  const { threadId, ask } = await conversation(api);
  const { runs } = api.client.beta.threads;
  const { id } = await runs.stream(threadId, ask).finalRun();
  await api.runs.close();
  const tool_outputs = [{ tool_call_id: 'call_weather', output: 'fine' }];
  await expect(runs.submitToolOutputs(id, { thread_id: threadId, tool_outputs })).rejects.toThrow(
    '400 Runs in status "failed" do not accept tool outputs.',
  );
  expect(await runs.retrieve(id, { thread_id: threadId })).toMatchObject(STOPPED);
});

test.each([0, 3, 6, 9, 12, 15, 20, 30])(
  'a run that is being started for %i ms is refused, or ends as others do and its stream says so',
  async (ms) => {
    const api = openApi(new ScriptedModel(hangsAfter(text('Once '))), { keyv: unevenStore() });
    const { threadId, ask } = await conversation(api);
    const { runs } = api.client.beta.threads;
    const additional_messages = [{ role: 'user' as const, content: 'And?' }];
    const asked = runs.stream(threadId, { ...ask, additional_messages }).finalRun();
    const outcome = asked.catch((error: unknown) => error);
    await setTimeout(ms);
    await api.runs.close();
    const { data } = await runs.list(threadId);
    const ended = await outcome;
    if (data.length === 0) expect(ended).toMatchObject({ status: 503 });
    else expect([ended, data[0]]).toMatchObject([STOPPED, STOPPED]);
    expect(api.errors).toEqual([]);
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

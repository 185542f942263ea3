import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { end, hangsAfter, python, text } from '../../sim/scripted-model.ts';
import { conversation, transcript } from './assistants-api.ts';
import { sharedStore } from './processes.ts';
import { loop, open } from './taking-over/killed.ts';

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

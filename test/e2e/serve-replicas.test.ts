import OpenAI from 'openai';
import { expect, onTestFinished, test } from 'vitest';
import { startChatCompletions } from '../sim/chat-completions.ts';
import { startPostgres } from '../sim/postgres.ts';
import { serve } from './bobbin.ts';

test('of two processes on one database, one carries on what the other was killed at', async () => {
  const [database, model] = await Promise.all([
    startPostgres(),
    startChatCompletions({ models: ['sim-small'] }),
  ]);
  onTestFinished(async () => {
    await Promise.all([database.stop(), model.close()]);
  });
  const env = { DATABASE_URL: database.url(), OPENAI_BASE_URL: model.url, OPENAI_API_KEY: 'sim-0123456789' };
  const [first, second] = await Promise.all([serve(env), serve(env)]);
  const clients = [first, second].map(({ url }) => new OpenAI({ baseURL: url, apiKey: 'any' }).beta);
  const [one, two] = clients;
  if (!one || !two) throw new Error('Two were started.');
  model.next({ text: 'One two three', trouble: { stallAt: 3 } });
  const { id: assistant_id } = await one.assistants.create({ model: 'sim-small' });
  const thread = { messages: [{ role: 'user' as const, content: 'Hi' }] };
  const { id, thread_id } = await one.threads.createAndRun({ assistant_id, thread });
  await expect.poll(() => model.open()).toBe(1);

  // The other one looks on, and sees what has been kept.
  const said = async () => JSON.stringify((await two.threads.messages.list(thread_id)).data[0]?.content);
  await expect.poll(said).toContain('One ');
  expect((await two.threads.runs.retrieve(id, { thread_id })).status).toBe('in_progress');
  expect(model.requests).toHaveLength(1);

  model.next({ text: 'One two three four.' });
  first.child.kill('SIGKILL');
  await first.end;
  const run = await two.threads.runs.poll(id, { thread_id }, { pollIntervalMs: 50 });
  expect(run).toMatchObject({ id, status: 'completed' });
  expect(await said()).toContain('One two three four.');
  expect((await two.threads.messages.list(thread_id)).data).toHaveLength(2);
  expect(model.requests).toHaveLength(2);
});

import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import OpenAI from 'openai';
import { expect, onTestFinished, test } from 'vitest';
import { startChatCompletions } from '../sim/chat-completions.ts';
import { chat, serve, usedDataDir } from './bobbin.ts';

test('another Bobbin can use the API that serve offers, and it ends on SIGTERM', async () => {
  const { url, child, end } = await serve({ ASSISTANTS_API_KEY: 'key-1' });
  expect(await (await fetch(`${url}/healthz`)).text()).toBe('ok');
  expect((await fetch(`${url}/readyz`)).status).toBe(200);

  const env = { DATA_DIR: usedDataDir(), ASSISTANTS_BASE_URL: `${url}/v1`, ASSISTANTS_API_KEY: 'key-1' };
  const { stdout, status } = await chat(['```python', 'print(6 * 7)', '```'], env);
  expect(stdout).toContain('42');
  expect(status).toBe(0);

  const stranger = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'key-2', maxRetries: 0 });
  await expect(stranger.beta.assistants.list()).rejects.toThrow(/401/);
  child.kill('SIGTERM');
  expect((await end).status).toBe(0);
});

/** A model provider that offers one model, and the settings that lead to it. */
async function provider() {
  const server = await startChatCompletions({ models: ['sim-small'] });
  onTestFinished(() => server.close());
  return { server, env: { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: 'sim-0123456789' } };
}

async function ask({ beta }: OpenAI, model: string) {
  const { id: assistant_id } = await beta.assistants.create({ model });
  return beta.threads.createAndRunPoll({
    assistant_id,
    thread: { messages: [{ role: 'user', content: 'Hi' }] },
  });
}

test('a program that asks for a model which the provider does not have is answered by MODEL', async () => {
  const { server, env } = await provider();
  const { url } = await serve({ ...env, MODEL: 'sim-small' });
  const client = new OpenAI({ baseURL: url, apiKey: 'any' });
  expect(await ask(client, 'gpt-4o')).toMatchObject({ status: 'completed', model: 'gpt-4o' });
  expect(server.requests.map(({ body }) => body.model)).toEqual(['sim-small']);
});

test('without MODEL it is told which models there are, and never what only the operator can mend', async () => {
  const { server, env } = await provider();
  const { url, output } = await serve(env);
  const client = new OpenAI({ baseURL: url, apiKey: 'any' });
  expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['sim-small']);
  await expect(ask(client, 'gpt-4o')).rejects.toThrow(
    "400 The requested model 'gpt-4o' does not exist. These do: sim-small.",
  );
  await server.close();
  const { last_error } = await ask(client, 'sim-small');
  const [, id = 'none'] =
    /^The model cannot be reached.* under (req_\w+)\.$/.exec(last_error?.message ?? '') ?? [];
  expect(last_error?.message).not.toContain('127.0.0.1');
  const line = output.stderr.split('\n').find((text) => text.includes(id));
  expect(line).toContain(server.url);
});

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'after %s the next process goes on with the run',
  async (signal) => {
    const { server, env } = await provider();
    const dir = { ...env, DATA_DIR: usedDataDir() };
    const first = await serve(dir);
    server.next({ text: 'One two three', trouble: { stallAt: 3 } });
    const { beta } = new OpenAI({ baseURL: first.url, apiKey: 'any' });
    const { id: assistant_id } = await beta.assistants.create({ model: 'sim-small' });
    const thread = { messages: [{ role: 'user' as const, content: 'Hi' }] };
    const stream = await beta.threads.createAndRun({ assistant_id, thread, stream: true });
    const events: string[] = [];
    const ids: { thread_id: string; id: string }[] = [];
    const seen = (async () => {
      for await (const { event, data } of stream) {
        events.push(event);
        if (event === 'thread.run.created') ids.push(data);
      }
    })().catch(() => {});
    await expect.poll(() => events).toContain('thread.message.delta');
    first.child.kill(signal);
    await Promise.all([seen, first.end]);
    expect(events.at(-1)).toBe('thread.message.delta');
    expect(server.open()).toBe(0);

    const [{ id, thread_id } = { id: '', thread_id: '' }] = ids;
    server.next({ text: 'One two three four.' });
    const next = new OpenAI({ baseURL: (await serve(dir)).url, apiKey: 'any' }).beta.threads;
    const run = await next.runs.poll(id, { thread_id }, { pollIntervalMs: 50 });
    expect(run).toMatchObject({ id, status: 'completed' });
    const { data } = await next.messages.list(thread_id);
    expect(data).toHaveLength(2);
    expect(data[0]?.content).toMatchObject([{ text: { value: 'One two three four.' } }]);
  },
);

test('a port in use is named with what to do', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const { stderr, status } = await chat([], { DATA_DIR: usedDataDir(), PORT: String(port) }, ['serve']);
  expect(stderr).toContain(`Port ${port} is in use: set PORT to a free one.`);
  expect(status).toBe(1);
});

test('an assistants server that is not there is told in one sentence', async () => {
  const env = { DATA_DIR: usedDataDir(), ASSISTANTS_BASE_URL: 'http://127.0.0.1:1/v1' };
  const { stderr, status } = await chat(['hello'], env);
  expect(stderr).toMatch(/ASSISTANTS_BASE_URL.*could not be reached/);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(status).toBe(1);
});

test.each([
  ['a stream', true],
  ['polling', false],
])('a program runs functions of its own, several at once, by %s over HTTP', async (_, streams) => {
  const { server, env } = await provider();
  const { url } = await serve(env);
  const call = (id: string, city: string) => ({ id, name: 'weather', arguments: JSON.stringify({ city }) });
  server.next({ toolCalls: [call('call_1', 'Bern'), call('call_2', 'Rome')] }, { text: 'Rome is warmer.' });
  const { threads, assistants } = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 }).beta;
  const tools = [{ type: 'function' as const, function: { name: 'weather' } }];
  const { id: assistant_id } = await assistants.create({ model: 'sim-small', tools });
  const { id: thread_id } = await threads.create({ messages: [{ role: 'user', content: 'Where?' }] });
  const { runs } = threads;
  const waiting = streams
    ? await runs.stream(thread_id, { assistant_id }).finalRun()
    : await runs.createAndPoll(thread_id, { assistant_id }, { pollIntervalMs: 20 });
  expect(waiting.status).toBe('requires_action');
  const asked = waiting.required_action?.submit_tool_outputs.tool_calls ?? [];
  const tool_outputs = asked.map(({ id, function: { arguments: args } }) => ({
    tool_call_id: id,
    output: `${JSON.parse(args).city}: sunny`,
  }));
  const params = { thread_id, tool_outputs };
  const run = streams
    ? await runs.submitToolOutputsStream(waiting.id, params).finalRun()
    : await runs.submitToolOutputsAndPoll(waiting.id, params, { pollIntervalMs: 20 });
  expect(run.status).toBe('completed');
  const told = server.requests.at(-1)?.body.messages as { role: string; content: string }[];
  expect(told.filter(({ role }) => role === 'tool').map(({ content }) => content)).toEqual([
    'Bern: sunny',
    'Rome: sunny',
  ]);
  const [answer] = (await threads.messages.list(thread_id)).data;
  expect(answer?.content).toMatchObject([{ text: { value: 'Rome is warmer.' } }]);
});

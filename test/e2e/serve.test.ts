import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import OpenAI from 'openai';
import { beforeAll, describe, expect, test } from 'vitest';
import { dial } from '../assistants/served.ts';
import { startChatCompletions } from '../sim/chat-completions.ts';
import { type Afterwards, afterThese, afterThis, chat, dataDir, serve, usedDataDir } from './bobbin.ts';

type Served = Awaited<ReturnType<typeof serve>>;

describe('serve with a key', () => {
  const afterwards = afterThese();
  let served: Served;
  beforeAll(async () => {
    served = await serve({ ASSISTANTS_API_KEY: 'key-1', METRICS_PORT: '0' }, afterwards);
  });

  test('keeps its metrics from the public, and they show how often a wrong key was sent', async () => {
    const { url, output } = served;
    await expect.poll(() => output.stderr).toMatch(/"metricsPort":\d+/);
    const [, host, port] = /"metricsHost":"([^"]+)","metricsPort":(\d+)/.exec(output.stderr) ?? [];
    expect(host).toBe('127.0.0.1');
    const send = (key: string) => fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${key}` } });
    for (const key of ['key-2', 'key-3', 'KEY-1']) expect((await send(key)).status).toBe(401);
    expect((await send('key-1')).status).toBe(404);
    const shown = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(shown).toContain('bobbin_http_refusals_total{status="401"} 3');
    const page = await dial(Number(port));
    await page.write('GET /metrics HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n');
    await page.closed;
    expect(page.received()).toMatch(/^HTTP\/1.1 403 /);
    expect(page.received()).toContain('METRICS_HOST');
  });

  test('is asked by any name, also by a web page', async () => {
    const { port } = new URL(served.url);
    const program = await dial(Number(port));
    const head = ['GET /v1/files HTTP/1.1', 'host: bobbin.example.com', 'origin: https://app.example.com'];
    await program.write(`${head.join('\r\n')}\r\nauthorization: Bearer key-1\r\nconnection: close\r\n\r\n`);
    await program.closed;
    expect(program.received()).toMatch(/^HTTP\/1.1 200 /);
  });

  test('is used by another Bobbin, and ends on SIGTERM', async () => {
    const { url, child, end } = served;
    expect(await (await fetch(`${url}/healthz`)).text()).toBe('ok');
    expect((await fetch(`${url}/readyz`)).status).toBe(200);

    const env = { DATA_DIR: dataDir(), ASSISTANTS_BASE_URL: `${url}/v1`, ASSISTANTS_API_KEY: 'key-1' };
    const { stdout, status } = await chat(['```python', 'print(6 * 7)', '```'], env);
    expect(stdout).toContain('42');
    expect(status).toBe(0);

    const stranger = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'key-2', maxRetries: 0 });
    await expect(stranger.beta.assistants.list()).rejects.toThrow(/401/);
    child.kill('SIGTERM');
    expect((await end).status).toBe(0);
  });
});

/** A port that is taken until afterwards. */
async function takenPort(afterwards: Afterwards): Promise<number> {
  const other = createServer().listen(0, '127.0.0.1');
  afterwards(() => void other.close());
  await once(other, 'listening');
  return (other.address() as AddressInfo).port;
}

describe('serve without a key', () => {
  const afterwards = afterThese();
  let served: Served;
  let taken: number;
  beforeAll(async () => {
    taken = await takenPort(afterwards);
    served = await serve({ METRICS_PORT: String(taken) }, afterwards);
  });

  test('lets no web page of another site read or write what it keeps', async () => {
    const { url } = served;
    const { beta, files } = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
    await beta.assistants.create({ model: 'any', name: 'Of people here' });
    const form = new FormData();
    form.set('purpose', 'assistants');
    form.set('file', new File(['evil'], 'evil.md'));
    const origin = 'https://evil.example';
    const uploaded = await fetch(`${url}/v1/files`, { method: 'POST', body: form, headers: { origin } });
    expect(uploaded.status).toBe(403);
    expect((await files.list()).data).toEqual([]);

    const { port } = new URL(url);
    const page = await dial(Number(port));
    const head = ['GET /v1/assistants HTTP/1.1', 'host: evil.example', 'openai-beta: assistants=v2'];
    await page.write(`${head.join('\r\n')}\r\nconnection: close\r\n\r\n`);
    await page.closed;
    expect(page.received()).toMatch(/^HTTP\/1.1 403 /);
    expect(page.received()).toContain('set ASSISTANTS_API_KEY');
    expect(page.received()).not.toContain('Of people here');
  });

  test('whose port for the metrics is taken says so, and keeps nobody from being served', async () => {
    expect((await fetch(`${served.url}/healthz`)).status).toBe(200);
    await expect
      .poll(() => served.output.stderr)
      .toContain(`Port ${taken} is in use: set METRICS_PORT to a free one.`);
  });
});

/** A model provider that offers one model, and the settings that lead to it. */
async function provider(afterwards = afterThis) {
  const server = await startChatCompletions({ models: ['sim-small'] });
  afterwards(() => server.close());
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
  const port = await takenPort(afterThis);
  const { stderr, status } = await chat([], { DATA_DIR: dataDir(), PORT: String(port) }, ['serve']);
  expect(stderr).toContain(`Port ${port} is in use: set PORT to a free one.`);
  expect(status).toBe(1);
});

test('an assistants server that is not there is told in one sentence', async () => {
  const env = { DATA_DIR: dataDir(), ASSISTANTS_BASE_URL: 'http://127.0.0.1:1/v1' };
  const { stderr, status } = await chat(['hello'], env);
  expect(stderr).toMatch(/ASSISTANTS_BASE_URL.*could not be reached/);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(status).toBe(1);
});

describe('serve without MODEL', () => {
  const afterwards = afterThese();
  let served: Served;
  let server: Awaited<ReturnType<typeof provider>>['server'];
  beforeAll(async () => {
    const { env, ...offering } = await provider(afterwards);
    server = offering.server;
    served = await serve(env, afterwards);
  });

  test.each([
    ['a stream', true],
    ['polling', false],
  ])('lets a program run functions of its own, several at once, by %s over HTTP', async (_, streams) => {
    const { url } = served;
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

  test('tells which models there are, and never what only the operator can mend', async () => {
    const { url, output } = served;
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
});

import { once } from 'node:events';
import { connect } from 'node:net';
import { serve } from '@hono/node-server';
import { NotFoundError } from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { all, clientOf, openApi } from '../client.ts';

const api = openApi({ apiKeys: ['sk-http'] });
const statuses: number[] = [];
let server: ReturnType<typeof serve>;
let port = 0;
const http = () => clientOf({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'sk-http' });

beforeAll(async () => {
  port = await new Promise<number>((resolve) => {
    const fetch = async (request: Request) => {
      const response = await api.handle(request);
      statuses.push(response.status);
      return response;
    };
    server = serve({ fetch, port: 0, hostname: '127.0.0.1' }, (info) => resolve(info.port));
  });
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

test('the SDK does over a socket what it does in the process', async () => {
  const client = http();
  const assistant = await client.beta.assistants.create({ model: 'm', name: 'Ünïcode 😀' });
  expect(await client.beta.assistants.retrieve(assistant.id)).toEqual(assistant);
  const { id } = await client.beta.threads.create({ messages: [{ role: 'user', content: 'hi' }] });
  for (let i = 0; i < 25; i++)
    await client.beta.threads.messages.create(id, { role: 'user', content: `${i}` });
  expect(await all(client.beta.threads.messages.list(id, { limit: 10 }))).toHaveLength(26);
  await client.beta.threads.delete(id);
  await expect(client.beta.threads.retrieve(id)).rejects.toThrow(NotFoundError);
});

test('files travel over a socket', async () => {
  const client = http();
  const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) % 256);
  const file = await client.files.create({ file: new File([bytes], 'a.bin'), purpose: 'assistants' });
  expect(new Uint8Array(await (await client.files.content(file.id)).arrayBuffer())).toEqual(bytes);
});

test('an upload that is too big is answered, not cut off', async () => {
  const file = new File([new Uint8Array(51 * 1024 * 1024)], 'big');
  await expect(http().files.create({ file, purpose: 'assistants' })).rejects.toMatchObject({ status: 413 });
  expect((await http().beta.assistants.list()).data).toBeDefined();
});

test('a client that goes away in the middle of its body disturbs nobody', async () => {
  const socket = connect(port, '127.0.0.1');
  const head = [
    'POST /v1/assistants HTTP/1.1',
    'host: x',
    'authorization: Bearer sk-http',
    'openai-beta: assistants=v2',
    'content-length: 1000',
  ];
  const requested = once(server, 'request');
  socket.write(`${head.join('\r\n')}\r\n\r\n{"model": `);
  await requested;
  statuses.length = 0;
  socket.destroy();
  await expect.poll(() => statuses).toEqual([400]);
  expect(api.errors).toEqual([]);
});

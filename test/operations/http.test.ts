import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { openHttp } from '../../src/operations/http.ts';
import { dial } from '../assistants/served.ts';

/** A server whose one answer ends when the test says so. */
async function serverThatWaits(lastAnswersMs?: number) {
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const assistants = () => {
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode('begun '));
        begun.resolve();
        await end.promise;
        controller.enqueue(new TextEncoder().encode('ended'));
        controller.close();
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  };
  const bounded = lastAnswersMs === undefined ? {} : { lastAnswersMs };
  const server = await openHttp({
    port: 0,
    hostname: '127.0.0.1',
    ready: () => true,
    assistants,
    ...bounded,
  });
  onTestFinished(() => end.resolve());
  const ask = async () => {
    const client = await dial(server.port);
    await client.write('GET /v1/x HTTP/1.1\r\nhost: x\r\n\r\n');
    await expect.poll(client.received).toContain('begun');
    return client;
  };
  return { server, ask, end: end.resolve };
}

test('a server that is closed lets an answer arrive, and closes the connections that wait', async () => {
  const { server, ask, end } = await serverThatWaits(60_000);
  const answered = await ask();
  const idle = await dial(server.port);
  await idle.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
  await expect.poll(idle.received).toContain('ok');
  const silent = await dial(server.port);
  const closed = server.close();
  await Promise.all([idle.closed, silent.closed]);
  const late = await dial(server.port).catch((error: unknown) => error);
  expect(late).toMatchObject({ code: 'ECONNREFUSED' });
  expect(answered.received()).not.toContain('ended');
  end();
  await closed;
  await answered.closed;
  expect(answered.received()).toContain('ended');
  expect(answered.error()).toBeUndefined();
});

test('an answer that does not end is cut after a while', async () => {
  const { server, ask } = await serverThatWaits(50);
  const client = await ask();
  const cut = once(client.socket, 'close');
  await server.close();
  await cut;
  expect(client.received()).not.toContain('ended');
});

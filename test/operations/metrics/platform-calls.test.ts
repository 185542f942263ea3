import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { nameOf, watchPlatformCalls } from '../../../src/operations/metrics/platform-calls.ts';

/** Two APIs on one server, each call of which is kept as it was told. */
async function watched() {
  const server = createServer(({ url }, response) => {
    if (url?.includes('cut')) response.destroy();
    else response.writeHead(url?.includes('limited') ? 429 : 200).end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  const told: string[] = [];
  const stop = watchPlatformCalls(
    {
      slack: { botToken: 'x', streaming: 'auto', apiUrl: `${origin}/slack/api` },
      discord: { token: 'x', replyIn: 'thread', apiUrl: `${origin}/discord` },
    },
    {
      called(platform, call, status, seconds) {
        expect(seconds).toBeGreaterThanOrEqual(0);
        told.push(`${platform} ${call} ${status}`);
      },
    },
  );
  onTestFinished(() => {
    stop();
    server.close();
    server.closeAllConnections();
  });
  return { origin, told, stop };
}

test('every call to a platform is told by its kind and status, and nothing else is', async () => {
  const { origin, told, stop } = await watched();
  const ask = (path: string, method = 'POST') => fetch(`${origin}${path}`, { method }).catch(() => undefined);
  await ask('/slack/api/chat.update');
  await ask('/slack/api/limited.method');
  await ask('/slack/api/cut.method');
  await ask('/discord/v10/channels/123456789012345678/messages/223456789012345678', 'PATCH');
  await ask('/elsewhere/chat.update');
  stop();
  await ask('/slack/api/chat.delete');
  expect(told).toEqual([
    'slack chat.update 200',
    'slack limited.method 429',
    'slack cut.method none',
    'discord PATCH /channels/:id/messages/:id 200',
  ]);
});

test.each([
  ['POST', 'chat.postMessage', 'chat.postMessage'],
  ['GET', 'v10/gateway/bot', 'GET /gateway/bot'],
  ['GET', 'v10/channels/1/messages?limit=1&after=2', 'GET /channels/:id/messages'],
  [
    'PUT',
    'v10/channels/1/messages/2/reactions/%F0%9F%91%8D/@me',
    'PUT /channels/:id/messages/:id/reactions/:id/@me',
  ],
  ['POST', `v10/interactions/1/${'aGVsbG8'.repeat(9)}/callback`, 'POST /interactions/:id/:id/callback'],
  [
    'PATCH',
    `v10/webhooks/1/${'aGVsbG8'.repeat(9)}/messages/@original`,
    'PATCH /webhooks/:id/:id/messages/@original',
  ],
])('%s %s is one kind, with no id and no token in it', (method, path, kind) => {
  expect(nameOf(method, path)).toBe(kind);
});

import { afterEach, describe, expect, test } from 'vitest';
import { currentRequest } from '../../../src/assistants/http/current-request.ts';
import { openHttp } from '../../../src/operations/http.ts';
import { clientOf, errorBody, openApi } from '../client.ts';
import { serveApi } from '../served.ts';

describe.each(['', '/', '//', '/v1', '/v1/', '/v1/v1', '//v1//'])(
  'behind the base URL http://…%s',
  (base) => {
    test('the SDK finds everything', async () => {
      const { origin } = await serveApi();
      const { beta, files } = clientOf({ baseURL: `${origin}${base}` });
      const assistant = await beta.assistants.create({ model: 'm' });
      expect((await beta.assistants.list()).data).toEqual([assistant]);
      const { id } = await beta.threads.create({ messages: [{ role: 'user', content: 'Hi' }] });
      expect((await beta.threads.messages.list(id, { limit: 1 })).data).toHaveLength(1);
      const file = await files.create({ file: new File(['a'], 'a.txt'), purpose: 'assistants' });
      expect(await (await files.content(file.id)).text()).toBe('a');
    });

    test('what is not there is told as it was asked for, in JSON', async () => {
      const { origin } = await serveApi();
      const response = await fetch(`${origin}${base}/nothing?x=1`);
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual(errorBody(`Invalid URL (GET ${base}/nothing)`));
    });
  },
);

test('the header that the API wants is wanted without /v1, too', async () => {
  const { origin } = await serveApi();
  const response = await fetch(`${origin}/assistants`);
  expect([response.status, await response.json()]).toMatchObject([400, { error: { code: 'invalid_beta' } }]);
});

test('a slash at the end of an address changes nothing', async () => {
  const { origin } = await serveApi();
  const headers = { 'openai-beta': 'assistants=v2' };
  expect((await fetch(`${origin}/v1/assistants/`, { headers })).status).toBe(200);
});

test('the server’s own addresses and those of platforms stay what they are', async () => {
  const api = openApi({ apiKeys: ['sk-1'] });
  const http = await openHttp({
    port: 0,
    hostname: '127.0.0.1',
    ready: () => true,
    metrics: async () => 'turns 1',
    assistants: api.handle,
    listeners: { '/slack/events': (_request, response) => void response.end('for Slack') },
  });
  const get = async (path: string) => (await fetch(`http://127.0.0.1:${http.port}${path}`)).text();
  try {
    expect(await get('/healthz')).toBe('ok');
    expect(JSON.parse(await get('/readyz'))).toEqual({ ready: true, parts: { process: 'ok' } });
    expect(await get('/metrics')).toBe('turns 1');
    expect(await get('/slack/events?x=1')).toBe('for Slack');
    expect(await get('/')).toContain('API key');
  } finally {
    await http.close();
  }
});

describe('every answer has an id of its own', () => {
  const ids = new Set<string>();
  const idOf = (response: Response) => {
    const id = response.headers.get('x-request-id') ?? '';
    expect(id).toMatch(/^req_[0-9a-f]{32}$/);
    expect(ids).not.toContain(id);
    ids.add(id);
    return id;
  };
  afterEach(() => ids.clear());

  test.each([
    ['200', 'GET', '/v1/assistants', {}],
    ['400', 'POST', '/v1/assistants', {}],
    ['400 for the header', 'GET', '/v1/assistants', { 'openai-beta': '' }],
    ['401', 'GET', '/v1/assistants', { authorization: 'Bearer sk-2' }],
    ['401 without a key', 'GET', '/', { authorization: '' }],
    ['404', 'GET', '/v1/threads/thread_x', {}],
    ['404 for the address', 'GET', '/nothing', {}],
    ['405', 'PUT', '/v1/assistants', {}],
    ['200 to HEAD', 'HEAD', '/v1/assistants', {}],
    ['413', 'POST', '/v1/assistants', { 'content-length': String(20 * 1024 * 1024) }],
  ])('%s', async (status, method, path, headers) => {
    const { fetch } = openApi({ apiKeys: ['sk-1'] });
    const common = { authorization: 'Bearer sk-1', 'openai-beta': 'assistants=v2' };
    for (let times = 0; times < 2; times++) {
      const response = await fetch(`http://bobbin${path}`, { method, headers: { ...common, ...headers } });
      expect(String(response.status)).toBe(status.slice(0, 3));
      idOf(response);
    }
  });

  test('and the SDK shows it', async () => {
    const { client } = await serveApi();
    const assistant = await client.beta.assistants.create({ model: 'm' });
    expect(assistant).toMatchObject({ _request_id: expect.stringMatching(/^req_/) });
    await expect(client.beta.threads.retrieve('thread_x')).rejects.toMatchObject({
      requestID: expect.stringMatching(/^req_/),
    });
  });

  test('and what the log is told of a failure names it, with the id that the client gave', async () => {
    const told: unknown[] = [];
    const { fetch, state } = openApi({ onError: () => void told.push(currentRequest()) });
    state.assistants.get = () => Promise.reject(new Error('broken'));
    const ask = (headers: Record<string, string>) =>
      fetch('http://bobbin/v1/assistants/asst_x', {
        headers: { 'openai-beta': 'assistants=v2', ...headers },
      });
    const first = idOf(await ask({ 'x-client-request-id': 'mine-1' }));
    const second = idOf(await ask({ 'x-client-request-id': 'x'.repeat(513) }));
    expect(told).toEqual([
      { id: first, method: 'GET', path: '/v1/assistants/asst_x', clientId: 'mine-1' },
      { id: second, method: 'GET', path: '/v1/assistants/asst_x' },
    ]);
  });
});

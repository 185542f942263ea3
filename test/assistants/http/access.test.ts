import { AuthenticationError } from 'openai';
import { describe, expect, test } from 'vitest';
import { clientOf, openApi } from '../client.ts';

describe('A key', () => {
  const api = openApi({ apiKeys: ['sk-one', 'sk-two'] });

  test('of the server lets a client in', async () => {
    for (const apiKey of ['sk-one', 'sk-two']) {
      const client = clientOf({ fetch: api.fetch, apiKey });
      expect((await client.beta.assistants.list()).data).toEqual([]);
    }
  });

  test('that is wrong is refused and not repeated', async () => {
    for (const apiKey of ['sk-on', 'sk-one1', 'SK-ONE', 'sk-secret']) {
      const failure = clientOf({ fetch: api.fetch, apiKey }).beta.assistants.list();
      await expect(failure).rejects.toThrow(AuthenticationError);
      await expect(failure).rejects.toMatchObject({
        status: 401,
        code: 'invalid_api_key',
        message: '401 Incorrect API key provided.',
      });
    }
  });

  test.each([[''], ['Bearer'], ['Basic c2stb25l'], ['sk-one']])(
    'is asked for when the header is %j',
    async (header) => {
      const response = await api.fetch('http://bobbin/v1/files', { headers: { authorization: header } });
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({
        error: { message: expect.stringContaining("You didn't provide an API key."), code: null },
      });
    },
  );

  test('is needed to learn which addresses there are', async () => {
    expect((await api.fetch('http://bobbin/v1/nothing')).status).toBe(401);
  });
});

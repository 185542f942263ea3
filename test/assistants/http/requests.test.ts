import { NotFoundError } from 'openai';
import { describe, expect, test } from 'vitest';
import { errorBody, openApi, send } from '../client.ts';

describe('An address that the API does not have', () => {
  test.each([
    ['GET', '/completions'],
    ['POST', '/chat/completions'],
    ['GET', '/threads/a/b/c/d'],
  ])('is answered with 404: %s %s', async (method, path) => {
    const answer = await send(openApi(), method, path);
    expect(answer).toEqual({ status: 404, body: errorBody(`Invalid URL (${method} /v1${path})`) });
  });

  test('is a NotFoundError to the SDK, and so is one without /v1', async () => {
    const { client, fetch } = openApi();
    await expect(client.batches.list()).rejects.toThrow(NotFoundError);
    expect((await fetch('http://bobbin/')).status).toBe(404);
    expect((await fetch('http://bobbin/nothing/x')).status).toBe(404);
  });
});

describe('A method that an address does not take', () => {
  test.each([
    ['PUT', '/assistants', 'GET, POST'],
    ['GET', '/threads', 'POST'],
    ['PATCH', '/threads/thread_x', 'GET, POST, DELETE'],
    ['POST', '/files/file-x', 'GET, DELETE'],
  ])('is answered with 405 and the methods that it takes: %s %s', async (method, path, allowed) => {
    const { fetch } = openApi();
    const headers = { 'openai-beta': 'assistants=v2' };
    const response = await fetch(`http://bobbin/v1${path}`, { method, headers });
    const message = `Not allowed to ${method} on /v1${path}. (HINT: Perhaps you meant to use a different HTTP method?)`;
    expect([response.status, response.headers.get('allow')]).toEqual([405, allowed]);
    expect(await response.json()).toEqual(errorBody(message));
  });
});

describe('The OpenAI-Beta header', () => {
  const message =
    "You must provide the 'OpenAI-Beta' header to access the Assistants API. Please try again by setting the header 'OpenAI-Beta: assistants=v2'.";

  test.each([[undefined], ['assistants=v1'], ['realtime=v1']])('is asked for when it is %j', async (beta) => {
    const { fetch } = openApi();
    for (const path of [
      '/assistants',
      '/assistants/asst_x',
      '/threads/thread_x',
      '/threads/thread_x/messages',
    ]) {
      const response = await fetch(`http://bobbin/v1${path}`, {
        headers: beta ? { 'openai-beta': beta } : {},
      });
      expect([response.status, await response.json()]).toEqual([
        400,
        errorBody(message, null, 'invalid_beta'),
      ]);
    }
  });

  test('may name other betas too', async () => {
    const { fetch } = openApi();
    const headers = { 'openai-beta': 'realtime=v1, assistants=v2' };
    expect((await fetch('http://bobbin/v1/assistants', { headers })).status).toBe(200);
  });

  test('is not needed for files, which are no beta', async () => {
    const { fetch } = openApi();
    expect((await fetch('http://bobbin/v1/files')).status).toBe(200);
  });
});

import { BadRequestError } from 'openai';
import { describe, expect, test } from 'vitest';
import { errorBody, openApi, post } from '../client.ts';

describe('A body', () => {
  test.each([['{'], ['{"model": "m",}'], ['\u0000'], ['{"model": \'m\'}'], ['['.repeat(200_000)]])(
    'of malformed JSON is refused: %.20s',
    async (body) => {
      const api = openApi();
      const answer = await post(api, '/assistants', body);
      expect(answer).toMatchObject({
        status: 400,
        body: {
          error: { message: expect.stringMatching(/^We could not parse the JSON body of your request\./) },
        },
      });
      expect(api.errors).toEqual([]);
    },
  );

  test('that is nested without end is refused', async () => {
    const body = `{"model": "m", "metadata": ${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    const answer = await post(openApi(), '/assistants', body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ error: { message: expect.stringMatching(/parse|nested/) } });
  });

  test('cannot reach the prototype of anything', async () => {
    const api = openApi();
    const body = '{"model": "m", "metadata": {"__proto__": "x", "constructor": "y"}}';
    const answer = await post(api, '/assistants', body);
    expect(answer).toMatchObject({ status: 200, body: { metadata: { constructor: 'y' } } });
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    expect(await post(api, '/assistants', '{"__proto__": {"model": "m"}}')).toMatchObject({ status: 400 });
  });

  test('is not repeated whole in the error about it', async () => {
    const long = 'x'.repeat(1_000_000);
    const start = `${'x'.repeat(100)}…`;
    expect(await post(openApi(), '/assistants', { model: 'm', [long]: 1 })).toEqual({
      status: 400,
      body: errorBody(`Unknown parameter: '${start}'.`, start, 'unknown_parameter'),
    });
    expect(await post(openApi(), '/assistants', { model: 'm', reasoning_effort: long })).toMatchObject({
      body: {
        error: { message: expect.stringMatching(/^Invalid value: 'x{100}…'\. Supported values are: /) },
      },
    });
  });

  test('may use names that mean something to JSON.stringify', async () => {
    const { client } = openApi();
    const metadata = { toJSON: 'x', base64: 'AAAA', value: ':base64:AAAA' };
    const { id } = await client.beta.assistants.create({ model: ':base64:', metadata });
    expect(await client.beta.assistants.retrieve(id)).toMatchObject({ model: ':base64:', metadata });
  });

  test('of more than 16 MiB is refused, whether or not its length is told', async () => {
    const api = openApi();
    const limit = 16 * 1024 * 1024;
    const tooLarge = { status: 413, body: errorBody(`Maximum content size limit (${limit}) exceeded.`) };
    expect(await post(api, '/assistants', ' '.repeat(limit + 1))).toEqual(tooLarge);
    const announced = await api.fetch('http://bobbin/v1/assistants', {
      method: 'POST',
      headers: { 'openai-beta': 'assistants=v2', 'content-length': String(limit + 1) },
      body: '{}',
    });
    expect([announced.status, await announced.json()]).toEqual([413, tooLarge.body]);
  });

  test('is an error of the right class to the SDK', async () => {
    const { client } = openApi();
    await expect(client.beta.assistants.create({ model: '' })).rejects.toThrow(BadRequestError);
  });
});

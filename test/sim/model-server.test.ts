import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startChatCompletions } from './chat-completions.ts';
import type { ModelServer } from './model-server.ts';
import { startResponses } from './responses.ts';

const user = { role: 'user', content: 'Hi' };
const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };

/** What a simulator lets through, our code is never told about by its tests: so it must be strict. */
describe.each([
  {
    name: 'chat completions',
    start: startChatCompletions,
    path: '/chat/completions',
    fine: { messages: [user] },
    refused: [
      [{ messages: [] }, /empty array/],
      [{ messages: [{ role: 'robot', content: 'Hi' }] }, /Invalid value: 'robot'/],
      [
        { messages: [user, { role: 'tool', tool_call_id: 'c', content: '1' }] },
        /must be a response to a preceeding message/,
      ],
      [
        { messages: [user, { role: 'assistant', content: null, tool_calls: [call] }, user] },
        /did not have response messages: c/,
      ],
      [{ messages: [{ role: 'user', content: null }] }, /expected a string, got null/],
      [{ messages: [user], stream_options: {} }, /only allowed when 'stream' is enabled/],
      [{ messages: [user], tool_choice: 'auto' }, /only allowed when 'tools' are specified/],
      [{ messages: [user], telepathy: true }, /Unknown parameter: 'telepathy'/],
    ] as const,
  },
  {
    name: 'responses',
    start: startResponses,
    path: '/responses',
    fine: { input: [user] },
    refused: [
      [{}, /Missing required parameter: 'input'/],
      [{ input: [{ role: 'robot', content: 'Hi' }] }, /Invalid value: 'robot'/],
      [{ input: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] }, /Invalid value: 'text'/],
      [
        { input: [user, { type: 'function_call', call_id: 'c', name: 'f', arguments: '' }] },
        /No tool output found for function call c/,
      ],
      [
        { input: [user, { type: 'function_call_output', call_id: 'c', output: '' }] },
        /No tool call found for function call output/,
      ],
      [
        { input: [user, { type: 'reasoning', id: 'rs', summary: [], encrypted_content: 'x' }] },
        /without its required following item/,
      ],
      [{ input: [user], messages: [] }, /Unknown parameter: 'messages'/],
      [{ input: [user], include: ['everything'] }, /Invalid value: 'everything'/],
    ] as const,
  },
])('the $name simulator', ({ start, path, fine, refused }) => {
  let server: ModelServer;
  beforeAll(async () => {
    server = await start({ apiKey: 'right' });
  });
  afterAll(() => server.close());

  const post = async (body: unknown, key = 'Bearer right') => {
    const response = await fetch(server.url + path, {
      method: 'POST',
      headers: { authorization: key },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    const { error } = (await response.json()) as { error?: { message: string } };
    return { status: response.status, message: error?.message };
  };

  it('answers a right request', async () => {
    expect(await post({ model: 'sim-small', ...fine })).toEqual({ status: 200, message: undefined });
  });

  it.each(refused)('refuses %j', async (body, message) => {
    expect(await post({ model: 'sim-small', ...body })).toEqual({
      status: 400,
      message: expect.stringMatching(message),
    });
  });

  it('tells when a stream is over, and when its client is gone before', async () => {
    const over: string[] = [];
    server.next(
      { text: 'All.', onClose: () => over.push('whole') },
      { text: 'Some.', trouble: { pauseAt: { frame: 1, ms: 60_000 } }, onClose: () => over.push('left') },
    );
    const leaving = new AbortController();
    const ask = () =>
      fetch(server.url + path, {
        method: 'POST',
        headers: { authorization: 'Bearer right' },
        body: JSON.stringify({ model: 'sim-small', stream: true, ...fine }),
        signal: leaving.signal,
      });
    expect(await (await ask()).text()).toContain('All.');
    await ask();
    leaving.abort();
    await expect.poll(() => over).toEqual(['whole', 'left']);
  });

  it('refuses a wrong key, no key, a wrong model and what is no JSON', async () => {
    expect(await post(fine, 'Bearer wrong')).toMatchObject({ status: 401 });
    expect(await post(fine, '')).toMatchObject({ status: 401 });
    expect(await post({ ...fine, model: 'other' })).toMatchObject({ status: 404 });
    expect(await post('{')).toMatchObject({ status: 400 });
  });
});

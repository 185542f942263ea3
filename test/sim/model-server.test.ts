import OpenAI from 'openai';
import type { ResponseStreamEvent } from 'openai/resources/responses/responses';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startChatCompletions } from './chat-completions.ts';
import type { ModelServer } from './model-server.ts';
import { type ResponsesServer, startResponses } from './responses.ts';

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
      [{ input: [user], background: true, store: false }, /Background mode requires `store`/],
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

describe('the responses simulator keeps what OpenAI keeps', () => {
  let server: ResponsesServer;
  let openai: OpenAI;
  beforeEach(async () => {
    server = await startResponses();
    openai = new OpenAI({ apiKey: 'sk-test', baseURL: server.url, maxRetries: 0 });
  });
  afterEach(() => server.close());

  const ask = { model: 'sim-small', input: 'Hi', store: true } as const;
  const inBackground = { ...ask, background: true, stream: true } as const;
  const numbersOf = (events: ResponseStreamEvent[]) => events.map(({ sequence_number: number }) => number);

  it('a response in the background is made though its socket is cut, and streamed again from any event on', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    server.next({ text: ['a', 'b'], trouble: { waitAt: { frame: 6, for: promise } } });
    const stream = await openai.responses.create(inBackground);
    for await (const { sequence_number } of stream) if (sequence_number === 3) break;
    expect(server.statuses()).toEqual(['in_progress']);
    expect(await openai.responses.retrieve('resp_sim1')).toMatchObject({ status: 'in_progress', output: [] });
    resolve();
    const all = await Array.fromAsync(await openai.responses.retrieve('resp_sim1', { stream: true }));
    expect(numbersOf(all)).toEqual(all.map((_, at) => at));
    expect(all.at(-1)?.type).toBe('response.completed');
    const query = { stream: true, starting_after: 6 } as const;
    const rest = await Array.fromAsync(await openai.responses.retrieve('resp_sim1', query));
    expect(rest).toEqual(all.slice(7));
    expect((await openai.responses.retrieve('resp_sim1')).output).toHaveLength(1);
  });

  it('only a response in the background is streamed again and cancelled, and only a stream, while it is new', async () => {
    await openai.responses.create(ask);
    await expect(openai.responses.retrieve('resp_sim1', { stream: true })).rejects.toThrow('background=true');
    await expect(openai.responses.cancel('resp_sim1')).rejects.toThrow('400');
    await openai.responses.create({ ...ask, background: true });
    await expect(openai.responses.retrieve('resp_sim2', { stream: true })).rejects.toThrow('stream=true');
    await Array.fromAsync(await openai.responses.create(inBackground));
    server.pass(6 * 60_000);
    await expect(openai.responses.retrieve('resp_sim3', { stream: true })).rejects.toThrow('5 minutes old');
    expect((await openai.responses.retrieve('resp_sim3')).status).toBe('completed');
    server.pass(6 * 60_000);
    await expect(openai.responses.retrieve('resp_sim3')).rejects.toThrow('404');
    await expect(openai.responses.retrieve('resp_sim9')).rejects.toThrow('404');
  });

  it('to cancel twice is to cancel once, and the stream of a cancelled response ends without a word', async () => {
    server.next({ text: 'a', trouble: { waitAt: { frame: 5, for: new Promise(() => {}) } } });
    const stream = await openai.responses.create(inBackground);
    const types: string[] = [];
    for await (const { type, sequence_number } of stream) {
      types.push(type);
      if (sequence_number < 4) continue;
      expect((await openai.responses.cancel('resp_sim1')).status).toBe('cancelled');
      expect((await openai.responses.cancel('resp_sim1')).status).toBe('cancelled');
    }
    expect(types.at(-1)).toBe('response.content_part.added');
    server.next({ text: 'b' });
    await Array.fromAsync(await openai.responses.create(inBackground));
    expect((await openai.responses.cancel('resp_sim2')).status).toBe('completed');
  });
});

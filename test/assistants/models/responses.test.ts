import { describe, expect, it } from 'vitest';
import type { ModelEvent, ModelItem } from '../../../src/assistants/models/model.ts';
import type { ResponsesOptions } from '../../sim/responses.ts';
import { CODE_INTERPRETER, callsOf, collect, requestOf, textOf } from './collect.ts';
import { responses } from './servers.ts';

const CALL = { toolCalls: [{ name: 'code_interpreter', arguments: '{"code":"print(1)"}' }] };
const CALLS = [
  { name: 'code_interpreter', arguments: '{"code":"print(1)"}' },
  { name: 'code_interpreter', arguments: '{"code":"print(2)"}' },
];

function sse(...events: object[]): { status: number; headers: Record<string, string>; body: string } {
  const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
  return { status: 200, headers: { 'content-type': 'text/event-stream' }, body };
}

describe('a responses model', () => {
  it('streams text, usage and the end, and keeps nothing at the provider', async () => {
    const { server, model } = await responses();
    server.next({ text: ['Hel', 'lo'], usage: { prompt: 7, completion: 3 } });
    expect(await collect(model, requestOf('Hi'))).toEqual([
      { type: 'text', delta: 'Hel' },
      { type: 'text', delta: 'lo' },
      { type: 'usage', promptTokens: 7, completionTokens: 3 },
      { type: 'end', reason: 'stop' },
    ]);
    expect(server.requests[0]?.body).toEqual({
      model: 'sim-small',
      instructions: 'Be kind.',
      input: [{ role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }],
      stream: true,
      store: false,
      include: ['reasoning.encrypted_content'],
    });
  });

  it('gives reasoning back with the tool outputs of the same run', async () => {
    const { server, model } = await responses();
    server.next({ reasoning: 'hidden', toolCalls: CALLS });
    const request = requestOf('Hi', { tools: [CODE_INTERPRETER] });
    const events = await collect(model, request);
    expect(callsOf(events).map(({ callId }) => callId)).toEqual(['call_0', 'call_1']);
    expect(callsOf(events).map((call) => call.arguments)).toEqual(CALLS.map((call) => call.arguments));
    const items: ModelItem[] = [
      ...request.items,
      ...events.flatMap((event): ModelItem[] =>
        event.type === 'provider_item' ? [{ type: 'provider', item: event.item }] : [],
      ),
      ...callsOf(events).map((call): ModelItem => ({ type: 'tool_call', ...call })),
      { type: 'tool_output', callId: 'call_0', output: '1' },
      { type: 'tool_output', callId: 'call_1', output: '2' },
    ];
    expect(textOf(await collect(model, { ...request, items }))).toContain('The code interpreter says 2');
    const input = server.requests[1]?.body.input as { type?: string }[] | undefined;
    expect(input?.map(({ type }) => type)).toEqual([
      undefined,
      'reasoning',
      'function_call',
      'function_call',
      'function_call_output',
      'function_call_output',
    ]);
  });

  it('takes commentary neither for the answer nor away from the model', async () => {
    const { server, model } = await responses({ commentary: 'I will look it up.' });
    server.next({ text: 'It is 4.' });
    const events = await collect(model, requestOf('Hi'));
    expect(textOf(events)).toBe('It is 4.');
    expect(events).toContainEqual({
      type: 'provider_item',
      item: expect.objectContaining({ phase: 'commentary' }),
    });
  });

  it('shows commentary when it is all that the model said', async () => {
    const { server, model } = await responses({ commentary: 'I will look it up.' });
    server.next({});
    expect(textOf(await collect(model, requestOf('Hi')))).toBe('I will look it up.');
  });

  it('streams a refusal as a refusal', async () => {
    const { server, model } = await responses();
    server.next({ refusal: 'No.' });
    expect((await collect(model, requestOf('Hi')))[0]).toEqual({ type: 'refusal', delta: 'No.' });
  });

  it.each([
    ['length', 'length'],
    ['content_filter', 'content_filter'],
  ] as const)('says that an incomplete answer ended by %s', async (finish, reason) => {
    const { server, model } = await responses();
    server.next({ text: 'So far', finish });
    expect((await collect(model, requestOf('Hi'))).at(-1)).toEqual({ type: 'end', reason });
  });

  it('passes over unknown events and reads a terminal event that brings everything at once', async () => {
    const { server, model } = await responses();
    const output = [
      { type: 'message', id: 'm', role: 'assistant', content: [{ type: 'output_text', text: 'Four.' }] },
      { type: 'function_call', id: 'f', call_id: 'c', name: 'code_interpreter', arguments: '{"code":"4"}' },
    ];
    server.next(
      sse(
        { type: 'response.created', response: {} },
        { type: 'response.telepathy.delta', delta: 'psst' },
        { type: 'response.completed', response: { status: 'completed', output } },
      ),
    );
    const events = await collect(model, requestOf('Hi'));
    expect(textOf(events)).toBe('Four.');
    expect(callsOf(events)).toEqual([{ callId: 'c', name: 'code_interpreter', arguments: '{"code":"4"}' }]);
  });

  it('makes two messages of one answer two paragraphs', async () => {
    const { server, model } = await responses();
    const message = (text: string) => ({
      type: 'message',
      role: 'assistant',
      content: [{ type: 'output_text', text }],
    });
    const output = [message('One.'), message('Two.')];
    server.next(sse({ type: 'response.completed', response: { status: 'completed', output } }));
    expect(textOf(await collect(model, requestOf('Hi')))).toBe('One.\n\nTwo.');
  });

  it.each([
    ['flat', { type: 'error', code: 'server_error', message: 'It broke.' }],
    ['nested', { type: 'error', error: { code: 'server_error', message: 'It broke.' } }],
    [
      'of a failed response',
      {
        type: 'response.failed',
        response: { status: 'failed', error: { code: 'server_error', message: 'It broke.' } },
      },
    ],
  ])('tells an error that comes %s', async (_, event) => {
    const { server, model } = await responses();
    const answer = sse(
      { type: 'response.created', response: {} },
      { type: 'response.output_text.delta', output_index: 0, delta: 'Well' },
      event,
    );
    server.next(answer);
    const seen: ModelEvent[] = [];
    const answering = async () => {
      for await (const each of model.respond(requestOf('Hi'), new AbortController().signal)) seen.push(each);
    };
    await expect(answering()).rejects.toMatchObject({
      code: 'server_error',
      message: expect.stringContaining('It broke.'),
    });
    expect(textOf(seen)).toBe('Well');
    expect(server.requests.length).toBe(1);
  });

  it('does without what a model refuses, and remembers it', async () => {
    const refuses = ['include', 'temperature', 'stream'];
    const { server, model } = await responses({ refuses });
    const request = requestOf('Hi', { temperature: 0.3 });
    expect(textOf(await collect(model, request))).toBe('You said: Hi');
    await collect(model, request);
    expect(server.requests.length).toBe(refuses.length + 2);
  });

  it('sends tools, settings, images and a JSON schema in the API’s shape', async () => {
    const { server, model } = await responses();
    const schema = { type: 'object' };
    await collect(
      model,
      requestOf('', {
        items: [
          { type: 'message', role: 'user', content: [{ type: 'image', url: 'https://e.example/a.png' }] },
        ],
        tools: [CODE_INTERPRETER],
        toolChoice: 'required',
        parallelToolCalls: false,
        topP: 0.5,
        maxOutputTokens: 99,
        reasoningEffort: 'low',
        responseFormat: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } },
      }),
    );
    expect(server.requests[0]?.body).toMatchObject({
      input: [
        {
          role: 'user',
          content: [{ type: 'input_image', image_url: 'https://e.example/a.png', detail: 'auto' }],
        },
      ],
      tools: [{ type: 'function', ...CODE_INTERPRETER, strict: false }],
      tool_choice: 'required',
      parallel_tool_calls: false,
      top_p: 0.5,
      max_output_tokens: 99,
      reasoning: { effort: 'low' },
      text: { format: { type: 'json_schema', name: 'answer', schema, strict: true } },
    });
  });
});

describe('a responses model whose answers are made in the background', () => {
  const text = ['Once ', 'upon ', 'a ', 'time.'];
  const background = (options: ResponsesOptions = {}) => responses(options, { background: true });

  it('asks for a response that is kept, and tells how it is had once more', async () => {
    const { server, model } = await background();
    server.next({ text });
    const events = await collect(model, requestOf('Hi'));
    expect(events[0]).toEqual({ type: 'resumable', answer: expect.objectContaining({ id: 'resp_sim1' }) });
    expect(textOf(events)).toBe(text.join(''));
    expect(server.requests[0]?.body).toMatchObject({ background: true, store: true, stream: true });
  });

  it.each([
    ['is cut at once', { cutAt: 1 }],
    ['is cut in the middle', { cutAt: 7 }],
    ['is cut before the end', { cutAt: 11 }],
  ])('goes on after the last event that it read when the connection %s', async (_, trouble) => {
    const { server, model } = await background();
    server.next({ text, ...CALL, trouble });
    const events = await collect(model, requestOf('Hi', { tools: [CODE_INTERPRETER] }));
    expect(textOf(events)).toBe(text.join(''));
    expect(callsOf(events).map((call) => call.arguments)).toEqual(['{"code":"print(1)"}']);
    expect(events.filter(({ type }) => type === 'resumable')).toHaveLength(1);
    const [first, again, ...more] = server.requests.map(({ method, path, query }) => ({
      method,
      path,
      query,
    }));
    expect(first).toMatchObject({ method: 'POST', path: '/v1/responses' });
    expect(again).toMatchObject({ method: 'GET', path: '/v1/responses/resp_sim1' });
    expect(again?.query).toContain(`starting_after=${trouble.cutAt - 1}`);
    expect(more).toEqual([]);
  });

  it('looks until the response is whole where it is streamed no more, and says nothing twice', async () => {
    const { server, model } = await background();
    const { promise, resolve } = Promise.withResolvers<void>();
    server.next({
      text,
      trouble: { cutAt: 7, waitAt: { frame: 8, for: promise } },
      onFrame: () => server.pass(60_000),
    });
    const collected = collect(model, requestOf('Hi'));
    await expect
      .poll(() => server.requests.filter(({ method }) => method === 'GET').length)
      .toBeGreaterThan(3);
    resolve();
    expect(textOf(await collected)).toBe(text.join(''));
    expect(server.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  it('tells what a provider says of a response that fails after the connection broke', async () => {
    const { server, model } = await background();
    server.next({ text, fails: 'It broke.', trouble: { cutAt: 7 } });
    await expect(collect(model, requestOf('Hi'))).rejects.toThrow('It broke.');
    expect(server.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  it.each([[['background']], [['background', 'stream']], [['stream']]])(
    'does without the background at a server that refuses %j, and keeps nothing there',
    async (refuses) => {
      const { server, model } = await background({ refuses });
      expect(textOf(await collect(model, requestOf('Hi')))).toBe('You said: Hi');
      expect(server.requests.at(-1)?.body).toMatchObject({ store: false });
      expect(server.requests.at(-1)?.body).not.toHaveProperty('background');
    },
  );
});

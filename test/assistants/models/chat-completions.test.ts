import { describe, expect, it } from 'vitest';
import { chatBody } from '../../../src/assistants/models/chat/request.ts';
import type { ModelItem } from '../../../src/assistants/models/model.ts';
import { CODE_INTERPRETER, callsOf, collect, requestOf, textOf } from './collect.ts';
import { chat } from './servers.ts';

const CALLS = [
  { name: 'code_interpreter', arguments: '{"code":"print(\\"1\\")"}' },
  { name: 'lookup', arguments: '{"q":"a \\\\ b"}' },
];
const LOOKUP = { name: 'lookup', parameters: { type: 'object', properties: { q: { type: 'string' } } } };

describe('a chat completions model', () => {
  it('streams text, usage and the end', async () => {
    const { server, model } = await chat();
    server.next({ text: ['Hel', 'lo ', 'there'], usage: { prompt: 7, completion: 3 } });
    expect(await collect(model, requestOf('Hi'))).toEqual([
      { type: 'text', delta: 'Hel' },
      { type: 'text', delta: 'lo ' },
      { type: 'text', delta: 'there' },
      { type: 'usage', promptTokens: 7, completionTokens: 3 },
      { type: 'end', reason: 'stop' },
    ]);
  });

  it.each(['openai', 'ollama', 'vllm', 'llama.cpp', 'shared-index'] as const)(
    'keeps two tool calls apart as %s sends them',
    async (quirks) => {
      const { server, model } = await chat({ quirks });
      server.next({ text: 'One moment.', toolCalls: CALLS });
      const events = await collect(model, requestOf('Hi', { tools: [CODE_INTERPRETER, LOOKUP] }));
      const calls = callsOf(events);
      expect(textOf(events)).toBe('One moment.');
      expect(calls.map(({ name }) => name)).toEqual(['code_interpreter', 'lookup']);
      expect(calls.map((call) => JSON.parse(call.arguments))).toEqual([
        { code: 'print("1")' },
        { q: 'a \\ b' },
      ]);
      expect(new Set(calls.map(({ callId }) => callId)).size).toBe(2);
      expect(calls.every(({ callId }) => callId !== '')).toBe(true);
    },
  );

  it('gives a call without arguments an empty object', async () => {
    const { server, model } = await chat();
    server.next({ toolCalls: [{ name: 'lookup', arguments: [] }] });
    expect(callsOf(await collect(model, requestOf('Hi', { tools: [LOOKUP] })))[0]?.arguments).toBe('{}');
  });

  it.each(['\n', '\r\n', '\r'] as const)(
    'reads frames in any fragmentation, with lines that end in %j',
    async (lineEnding) => {
      const { server, model } = await chat();
      const text = 'Größe 🧵 und "Zeichen"';
      server.next({ text: [text], trouble: { bytesPerWrite: 3, lineEnding } });
      expect(textOf(await collect(model, requestOf('Hi')))).toBe(text);
    },
  );

  it('passes over comments, unknown fields and empty choices', async () => {
    const { server, model } = await chat({ quirks: 'llama.cpp' });
    const raw = ': keep-alive\n\ndata: {"odd":true,"choices":[]}\n\nid: 7\nretry: 10\n\n';
    server.next({ text: ['A', 'B'], trouble: { insertAt: { frame: 3, raw } } });
    expect(textOf(await collect(model, requestOf('Hi')))).toBe('AB');
  });

  it('hands reasoning back with the tool output, under the name it came by', async () => {
    const { server, model } = await chat({ quirks: 'vllm' });
    server.next({ reasoning: 'I think so.', toolCalls: [{ name: 'lookup', arguments: '{}' }] });
    const request = requestOf('Hi', { tools: [LOOKUP] });
    const events = await collect(model, request);
    const thought = events.find((event) => event.type === 'provider_item');
    expect(textOf(events)).toBe('');
    expect(thought).toMatchObject({ item: { field: 'reasoning', text: 'I think so.' } });
    const items: ModelItem[] = [
      ...request.items,
      { type: 'provider', item: thought?.type === 'provider_item' ? thought.item : undefined },
      { type: 'tool_call', callId: 'call_0', name: 'lookup', arguments: '{}' },
      { type: 'tool_output', callId: 'call_0', output: 'found' },
    ];
    expect(chatBody({ ...request, items }).messages[2]).toMatchObject({
      role: 'assistant',
      reasoning: 'I think so.',
    });
  });

  it('gives the tool calls of earlier runs an empty reasoning where a server insists on one', async () => {
    const { server, model } = await chat({ wantsReasoning: true });
    const items: ModelItem[] = [
      { type: 'message', role: 'user', content: [{ type: 'text', text: 'Hi' }] },
      { type: 'tool_call', callId: 'a', name: 'lookup', arguments: '{}' },
      { type: 'tool_output', callId: 'a', output: 'found' },
      { type: 'message', role: 'assistant', content: [{ type: 'text', text: 'There.' }] },
      { type: 'message', role: 'user', content: [{ type: 'text', text: 'Thanks' }] },
    ];
    expect(textOf(await collect(model, requestOf('', { items, tools: [LOOKUP] })))).toBe('You said: Thanks');
    await collect(model, requestOf('', { items, tools: [LOOKUP] }));
    expect(server.requests.length).toBe(3);
  });

  it.each([
    ['length', 'length'],
    ['content_filter', 'content_filter'],
    ['stop', 'stop'],
  ] as const)('ends with %s when the server says %s', async (finish, reason) => {
    const { server, model } = await chat();
    server.next({ text: 'So far', finish });
    expect((await collect(model, requestOf('Hi'))).at(-1)).toEqual({ type: 'end', reason });
  });

  it('streams a refusal as a refusal', async () => {
    const { server, model } = await chat();
    server.next({ refusal: 'No.' });
    expect((await collect(model, requestOf('Hi')))[0]).toEqual({ type: 'refusal', delta: 'No.' });
  });

  it('tells the whole conversation in the API’s shape', async () => {
    const { server, model } = await chat();
    const items: ModelItem[] = [
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'text', text: 'Look \uD800' },
          { type: 'image', url: 'data:image/png;base64,AA==', detail: 'low' },
        ],
      },
      { type: 'message', role: 'assistant', content: [{ type: 'text', text: 'I look.' }] },
      { type: 'tool_call', callId: 'a', name: 'lookup', arguments: '{"q":1}' },
      { type: 'tool_call', callId: 'b', name: 'lookup', arguments: '{"q":2}' },
      { type: 'tool_output', callId: 'a', output: 'one' },
      { type: 'tool_output', callId: 'b', output: 'two' },
      { type: 'message', role: 'assistant', content: [{ type: 'text', text: 'Seen.' }] },
      { type: 'message', role: 'user', content: [{ type: 'text', text: 'Thanks' }] },
    ];
    await collect(
      model,
      requestOf('', {
        items,
        tools: [LOOKUP],
        toolChoice: { name: 'lookup' },
        parallelToolCalls: false,
        temperature: 0.5,
        topP: 0.9,
        maxOutputTokens: 99,
      }),
    );
    expect(server.requests[0]?.body).toEqual({
      model: 'sim-small',
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0.5,
      top_p: 0.9,
      max_tokens: 99,
      parallel_tool_calls: false,
      tool_choice: { type: 'function', function: { name: 'lookup' } },
      tools: [{ type: 'function', function: LOOKUP }],
      messages: [
        { role: 'system', content: 'Be kind.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look \uFFFD' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==', detail: 'low' } },
          ],
        },
        {
          role: 'assistant',
          content: 'I look.',
          tool_calls: [
            { id: 'a', type: 'function', function: { name: 'lookup', arguments: '{"q":1}' } },
            { id: 'b', type: 'function', function: { name: 'lookup', arguments: '{"q":2}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'a', content: 'one' },
        { role: 'tool', tool_call_id: 'b', content: 'two' },
        { role: 'assistant', content: 'Seen.' },
        { role: 'user', content: 'Thanks' },
      ],
    });
  });

  it('takes a whole answer where the server cannot stream', async () => {
    const { server, model } = await chat({ neverStreams: true });
    server.next({ text: 'All at once', toolCalls: CALLS, usage: { prompt: 1, completion: 2 } });
    const events = await collect(model, requestOf('Hi', { tools: [CODE_INTERPRETER, LOOKUP] }));
    expect(textOf(events)).toBe('All at once');
    expect(callsOf(events).map(({ arguments: json }) => json)).toEqual(CALLS.map((call) => call.arguments));
    expect(events.slice(-2)).toEqual([
      { type: 'usage', promptTokens: 1, completionTokens: 2 },
      { type: 'end', reason: 'stop' },
    ]);
  });

  it('does without what a server refuses, and remembers it', async () => {
    const refuses = ['stream_options', 'temperature', 'max_tokens', 'stream', 'parallel_tool_calls'];
    const { server, model } = await chat({ refuses });
    const request = requestOf('Hi', {
      tools: [LOOKUP],
      temperature: 0.1,
      maxOutputTokens: 50,
      parallelToolCalls: false,
    });
    expect(textOf(await collect(model, request))).toBe('You said: Hi');
    const tried = server.requests.length;
    expect(tried).toBe(refuses.length + 1);
    expect(textOf(await collect(model, request))).toBe('You said: Hi');
    expect(server.requests.length).toBe(tried + 1);
    expect(server.requests.at(-1)?.body).toMatchObject({ max_completion_tokens: 50, stream: false });
    expect(server.requests.at(-1)?.body).not.toHaveProperty('temperature');
  });

  it('calls what must be called, or not at all, where a server can’t be told to call nothing', async () => {
    const { server, model } = await chat({ refuses: ['tool_choice'] });
    const none = requestOf('Hi', { tools: [LOOKUP], toolChoice: 'none' });
    expect(textOf(await collect(model, none))).toBe('You said: Hi');
    expect(server.requests.at(-1)?.body).not.toHaveProperty('tool_choice');
    await expect(collect(model, { ...none, toolChoice: 'required' })).rejects.toThrow(/tool_choice/);
  });

  it('does not hide a wrong value of the person’s behind a concession', async () => {
    const { server, model } = await chat();
    await expect(collect(model, requestOf('Hi', { temperature: 3 }))).rejects.toMatchObject({
      code: 'invalid_prompt',
      message: expect.stringContaining('Expected a value <= 2, but got 3'),
    });
    expect(server.requests.length).toBe(1);
  });

  it('names the models that are offered', async () => {
    const { model } = await chat({ models: ['b', 'a'] });
    expect(await model.offered(new AbortController().signal)).toMatchObject([{ id: 'b' }, { id: 'a' }]);
  });

  it('solves an equation with the simulator’s help', async () => {
    const { model } = await chat();
    const request = requestOf('Please solve `3x + 11 = 14`.', { tools: [CODE_INTERPRETER] });
    const [call] = callsOf(await collect(model, request));
    expect(JSON.parse(call?.arguments ?? '').code).toContain('Fraction(14 - (+11), 3)');
    const items: ModelItem[] = [
      ...request.items,
      { type: 'tool_call', callId: 'call_0', name: 'code_interpreter', arguments: call?.arguments ?? '' },
      { type: 'tool_output', callId: 'call_0', output: '1\n' },
    ];
    expect(textOf(await collect(model, { ...request, items }))).toContain('x = 1');
  });
});

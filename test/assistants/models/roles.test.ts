import { describe, expect, it } from 'vitest';
import type { ModelItem } from '../../../src/assistants/models/model.ts';
import { noSystem, refusal, takingTurns } from '../../sim/demands.ts';
import type { RawReply } from '../../sim/model-server.ts';
import { collect, requestOf } from './collect.ts';
import { chat, responses } from './servers.ts';

const says = (role: 'user' | 'assistant', text: string): ModelItem => ({
  type: 'message',
  role,
  content: [{ type: 'text', text }],
});
const CALL: ModelItem[] = [
  { type: 'tool_call', callId: 'call_1', name: 'lookup', arguments: '{}' },
  { type: 'tool_output', callId: 'call_1', output: 'found' },
];
const PICTURE: ModelItem = {
  type: 'message',
  role: 'user',
  content: [
    { type: 'text', text: 'Look' },
    { type: 'image', url: 'data:image/png;base64,AA==' },
  ],
};
const inStream = (error: object): RawReply => ({
  status: 200,
  headers: { 'content-type': 'text/event-stream' },
  body: `data: ${JSON.stringify({ error })}\n\ndata: [DONE]\n\n`,
});

const TURNS: [who: string, RawReply][] = [
  ['vLLM', refusal(400, 'Conversation roles must alternate user/assistant/user/assistant/...')],
  [
    'Anthropic',
    refusal(
      400,
      'messages: roles must alternate between "user" and "assistant", but found multiple "user" roles in a row',
    ),
  ],
  [
    'Mistral',
    refusal(400, "Unexpected role 'user' after role 'tool'", { type: 'invalid_request_message_order' }),
  ],
  [
    'Mistral, at the end',
    refusal(
      400,
      'Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant',
    ),
  ],
  [
    'Gemini',
    {
      status: 400,
      body: [
        {
          error: {
            code: 400,
            message: 'Please ensure that multiturn requests alternate between user and model.',
          },
        },
      ],
    },
  ],
  [
    'llama.cpp',
    refusal(
      500,
      'Jinja Exception: After the optional system message, conversation roles must alternate user and assistant roles except for tool calls and results.',
    ),
  ],
  [
    'LocalAI, in its stream',
    inStream({ code: 'server_error', message: 'Conversation roles must alternate' }),
  ],
  [
    'OpenRouter',
    refusal(400, 'Provider returned error', {
      metadata: { raw: '{"message":"Unexpected role \'tool\' after role \'user\'"}' },
    }),
  ],
  ['Perplexity', refusal(400, 'Last message must have role `user`.')],
];

const SYSTEM: [who: string, RawReply][] = [
  ['Gemma at vLLM', refusal(400, 'System role not supported')],
  ['Gemma at llama.cpp', refusal(500, 'Jinja Exception: System role not supported')],
  [
    'Gemma at Google',
    {
      status: 400,
      body: [
        { error: { code: 400, message: 'Developer instruction is not enabled for models/gemma-3-27b-it' } },
      ],
    },
  ],
  [
    'OpenAI',
    refusal(400, "Unsupported value: 'messages[0].role' does not support 'system' with this model.", {
      param: 'messages[0].role',
      code: 'unsupported_value',
    }),
  ],
  ['an old template', refusal(400, 'Only user and assistant roles are supported!')],
];

const CONVERSATIONS: [what: string, ModelItem[]][] = [
  ['two questions after a turn that failed', [says('user', 'One?'), says('user', 'Two?')]],
  [
    'several people at once',
    [says('user', 'A'), says('assistant', 'B'), says('user', 'C'), PICTURE, says('user', 'D')],
  ],
  ['a run that was stopped among its tools', [says('user', 'One?'), ...CALL, says('user', 'Two?')]],
  ['a history that is cut to begin with an answer', [says('assistant', 'B'), says('user', 'C')]],
  ['a history that is cut to begin with a call', [...CALL, says('assistant', 'B'), says('user', 'C')]],
  ['a run after an answer', [says('user', 'A'), says('assistant', 'B')]],
  ['two answers', [says('user', 'A'), says('assistant', 'B'), says('assistant', 'C'), says('user', 'D')]],
];

describe.each([
  ['chat completions', chat],
  ['responses', responses],
] as const)('a %s model', (_, start) => {
  describe.each(CONVERSATIONS)('after %s', (_, items) => {
    it('answers though its server wants turns to be taken, and it takes no system message', async () => {
      const demands = [takingTurns(TURNS[0]?.[1] as RawReply), noSystem(SYSTEM[0]?.[1] as RawReply)];
      const { server, model } = await start({ demands });
      const request = requestOf('', { items });
      await collect(model, request);
      const tried = server.requests.length;
      expect(tried).toBeLessThanOrEqual(3);
      const sent = JSON.stringify(server.requests.at(-1)?.body);
      const texts = items.flatMap((item) => (item.type === 'message' ? item.content : []));
      for (const part of texts) if (part.type === 'text') expect(sent).toContain(part.text);
      expect(sent.indexOf('Be kind.')).toBeLessThan(sent.indexOf('"assistant"') >>> 0);
      await collect(model, request);
      expect(server.requests.length).toBe(tried + 1);
    });
  });

  it.each(TURNS)('learns from the words of %s to take turns', async (_, answer) => {
    const { server, model } = await start({ demands: [takingTurns(answer)] });
    await collect(model, requestOf('', { items: [says('user', 'One?'), ...CALL, says('user', 'Two?')] }));
    expect(server.requests.length).toBe(2);
  });

  it.each(SYSTEM)('learns from the words of %s where instructions go', async (_, answer) => {
    const { server, model } = await start({ demands: [noSystem(answer)] });
    const items = [says('user', 'One?'), says('assistant', 'Yes.'), says('user', 'Two?')];
    await collect(model, requestOf('', { items }));
    expect(server.requests.length).toBe(2);
    expect(JSON.stringify(server.requests[1]?.body)).toMatch(/Be kind\..*One\?.*Yes.*Two\?/);
  });

  it('forgets what did not help', async () => {
    const { server, model } = await start();
    const odd = refusal(400, 'Conversation roles must alternate, or the moon is full.');
    server.next(odd, odd);
    const items = [says('user', 'One?'), says('user', 'Two?')];
    await expect(collect(model, requestOf('', { items }))).rejects.toThrow('the moon is full');
    await collect(model, requestOf('', { items }));
    expect(server.requests[2]?.body).toEqual(server.requests[0]?.body);
  });

  it('asks a server that takes everything as ever', async () => {
    const { server, model } = await start();
    const items = [says('user', 'One?'), says('user', 'Two?')];
    await collect(model, requestOf('', { items }));
    const { messages, input } = server.requests[0]?.body ?? {};
    const turns = (messages ?? input) as { role?: string }[];
    expect(turns.filter(({ role }) => role === 'user')).toHaveLength(2);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ModelItem } from '../../../src/assistants/models/model.ts';
import { sendable } from '../../../src/assistants/models/remote/sendable.ts';
import { callIds, nothingBlank, refusal, someQuestion, soundCalls } from '../../sim/demands.ts';
import { CODE_INTERPRETER, collect, requestOf, textOf } from './collect.ts';
import { chat, responses } from './servers.ts';

const CALLED = [
  ['a name with a dot', 'multi_tool_use.parallel', '{"tool_uses":[]}', 'multi_tool_use.parallel'],
  ['a name with markers', 'lookup<|channel|>commentary', '{}', 'lookup<|channel|>commentary'],
  ['a name of nothing else', '<|…|>', '{}', '<|…|>'],
  ['a name that begins with a digit', '1.st', '{}', '1.st'],
  ['a name that is too long', 'x'.repeat(99), '{}', 'x'.repeat(99)],
  ['no name', '', '{}', '""'],
  ['arguments that were cut', 'lookup', '{"city": "Ber', '{\\"city\\": \\"Ber'],
  ['arguments that are a list', 'lookup', '["Berlin"]', '[\\"Berlin\\"]'],
  ['arguments that are no JSON', 'lookup', 'city=Berlin', 'city=Berlin'],
  ['arguments that are null', 'lookup', 'null', 'null'],
  ['no arguments', 'lookup', '', '""'],
] as const;

const DEMANDS = [
  soundCalls,
  nothingBlank,
  someQuestion,
  callIds(/^[\w-]{1,40}$/, refusal(400, 'Bad request')),
];

describe.each([
  ['chat completions', chat],
  ['responses', responses],
] as const)('a %s model that is strict', (_, start) => {
  it.each(CALLED)('takes a call back that had %s, and reads what was wrong', async (_, name, args, told) => {
    const { server, model } = await start({ demands: DEMANDS });
    const items: ModelItem[] = [
      ...requestOf('Hi').items,
      { type: 'tool_call', callId: 'call_1', name, arguments: args },
      { type: 'tool_output', callId: 'call_1', output: 'It did not work.' },
      ...requestOf('Thanks').items,
    ];
    expect(textOf(await collect(model, requestOf('', { items })))).toBe('You said: Thanks');
    expect(server.requests).toHaveLength(1);
    const sent = JSON.stringify(server.requests[0]?.body);
    expect(JSON.parse(sent)).toEqual(server.requests[0]?.body);
    const outputs = sendable(requestOf('', { items })).items.filter(({ type }) => type === 'tool_output');
    expect(outputs).toEqual([
      { type: 'tool_output', callId: 'call_1', output: expect.stringContaining(told) },
    ]);
    expect(sent).toContain('It did not work.');
  });

  it('reads arguments that were encoded twice as the object that they are', async () => {
    const { server, model } = await start({ demands: DEMANDS });
    const items: ModelItem[] = [
      { type: 'tool_call', callId: 'a', name: 'lookup', arguments: '"{\\"q\\":1}"' },
      { type: 'tool_output', callId: 'a', output: 'found' },
    ];
    await collect(model, requestOf('', { items: [...requestOf('Hi').items, ...items] }));
    expect(JSON.stringify(server.requests[0]?.body)).toContain(JSON.stringify('{"q":1}'));
    expect(JSON.stringify(server.requests[0]?.body)).not.toContain('no JSON object');
  });

  it.each([
    ['', ''],
    ['Be kind.', 'instructions'],
  ])('is asked something on a thread where nothing was said (%j)', async (instructions) => {
    const { server, model } = await start({ demands: DEMANDS });
    const answer = await collect(model, requestOf('', { instructions, items: [] }));
    expect(textOf(answer)).toBe('You said: [Nothing was said yet.]');
    expect(server.requests).toHaveLength(1);
  });

  it('takes the calls of another server once it has said what ids it takes', async () => {
    const words = 'Tool call id was call_1 but must be a-z, A-Z, 0-9, with a length of 9.';
    const { server, model } = await start({ demands: [callIds(/^[a-zA-Z0-9]{9}$/, refusal(400, words))] });
    const request = requestOf('', {
      items: [...requestOf('Hi').items, ...calls('call_1', 'Abc123xyZ', 'call_1')],
    });
    await collect(model, request);
    await collect(model, request);
    expect(server.requests).toHaveLength(3);
    const [, first, second] = server.requests.map(({ body }) => JSON.stringify(body));
    expect(first).toBe(second);
    expect(first).toContain('Abc123xyZ');
  });

  it.each([
    ['Anthropic', "messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"],
    ['a gateway', 'messages[2].tool_calls[0].id is invalid'],
    ['a server of Responses', "Invalid 'input[2].call_id'"],
  ])('learns it from the words of %s', async (_, words) => {
    const { model } = await start({ demands: [callIds(/^[a-zA-Z0-9]{9}$/, refusal(400, words))] });
    const items = [...requestOf('Hi').items, ...calls('call_1')];
    expect(textOf(await collect(model, requestOf('', { items, tools: [CODE_INTERPRETER] })))).not.toBe('');
  });
});

/** Calls of one answer and their outputs. */
function calls(...ids: string[]): ModelItem[] {
  return ids.flatMap((callId): ModelItem[] => [
    { type: 'tool_call', callId, name: 'lookup', arguments: '{}' },
    { type: 'tool_output', callId, output: 'found' },
  ]);
}

const odd = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 50 }),
  fc.jsonValue().map((value) => JSON.stringify(value)),
  fc.constantFrom('', '__proto__', 'call_1', 'lookup', '{"a":"\\ud800"}', ' \n'),
);
const item: fc.Arbitrary<ModelItem> = fc.oneof(
  fc.record({
    type: fc.constant('message' as const),
    role: fc.constantFrom('user' as const, 'assistant' as const),
    content: fc.array(fc.record({ type: fc.constant('text' as const), text: odd }), { maxLength: 2 }),
  }),
  fc.record({ type: fc.constant('tool_call' as const), callId: odd, name: odd, arguments: odd }),
  fc.record({ type: fc.constant('tool_output' as const), callId: odd, output: odd }),
);

it('whatever happened, what is sent is valid, and every call is answered once, right after it', () => {
  fc.assert(
    fc.property(fc.array(item), (items) => {
      const sent = sendable(requestOf('', { items })).items;
      const open: string[] = [];
      const ids = new Set<string>();
      for (const each of sent) {
        if (each.type === 'tool_call') {
          expect(each.name).toMatch(/^[\w-]{1,64}$/);
          expect(each.callId).toMatch(/^[\w-]{1,40}$/);
          const args: unknown = JSON.parse(each.arguments);
          expect(args !== null && typeof args === 'object' && !Array.isArray(args)).toBe(true);
          expect(JSON.stringify(args)).not.toMatch(/\\ud[89a-f]/i);
          expect(ids.has(each.callId)).toBe(false);
          ids.add(each.callId);
          open.push(each.callId);
        } else if (each.type === 'tool_output') {
          expect(each.output.trim()).not.toBe('');
          expect(open.splice(open.indexOf(each.callId), 1)).toEqual([each.callId]);
        } else if (each.type === 'message') {
          expect(open).toEqual([]);
          for (const part of each.content) expect(part).toMatchObject({ text: expect.stringMatching(/\S/) });
        }
      }
      expect(open).toEqual([]);
      expect(sent.length).toBeGreaterThan(0);
    }),
  );
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ToolCalls } from '../../../src/assistants/models/chat/tool-calls.ts';
import { callsOf } from './collect.ts';

interface Call {
  id: string;
  name: string;
  json: string;
}

/** How a server words the deltas of the calls: which fields come first, and which come with every piece. */
const HABITS = {
  'an index and an id at first': ({ id, name }: Call, index: number, first: boolean) => ({
    ...(first && { id, type: 'function' }),
    index,
    name: first ? name : undefined,
  }),
  'an index and everything every time': ({ id, name }: Call, index: number) => ({ id, index, name }),
  'an index and no id': ({ name }: Call, index: number, first: boolean) => ({
    index,
    name: first ? name : undefined,
  }),
  'an id and no index': ({ id, name }: Call, _: number, first: boolean) => ({
    id,
    name: first ? name : undefined,
  }),
  'neither index nor id': ({ name }: Call, _: number, first: boolean) => ({ name: first ? name : undefined }),
  'index 0 for all': ({ id, name }: Call, _: number, first: boolean) => ({
    index: 0,
    ...(first && { id }),
    name: first ? name : undefined,
  }),
  'index 0 for all and no id': ({ name }: Call, _: number, first: boolean) => ({
    index: 0,
    name: first ? name : undefined,
  }),
  'null where nothing is': ({ id, name }: Call, index: number, first: boolean) => ({
    index,
    id: first ? id : null,
    name: first ? name : null,
  }),
};

const calls = fc
  .array(
    fc.record({
      name: fc.constantFrom('code_interpreter', 'lookup', '__proto__'),
      json: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 })).map((value) => JSON.stringify(value)),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((all) => all.map((call, at): Call => ({ id: `call_${at}`, ...call })));

describe('tool calls', () => {
  it.each(Object.entries(HABITS))(
    'come out as they are from any fragmentation by a server that sends %s',
    (_, habit) => {
      fc.assert(
        fc.property(calls, fc.infiniteStream(fc.integer({ min: 1, max: 9 })), (given, sizes) => {
          const reader = new ToolCalls();
          const events = given.flatMap((call, index) =>
            fragments(call.json, sizes).flatMap((piece, at) => {
              const { name, ...fields } = habit(call, index, at === 0);
              return [...reader.push({ ...fields, function: { name, arguments: piece } })];
            }),
          );
          events.push(...reader.end());
          const read = callsOf(events);
          expect(read.map(({ name, arguments: json }) => ({ name, json }))).toEqual(
            given.map(({ name, json }) => ({ name, json })),
          );
          expect(new Set(read.map(({ callId }) => callId)).size).toBe(given.length);
        }),
      );
    },
  );

  it('may be interleaved by their indices', () => {
    const reader = new ToolCalls();
    const deltas = [
      { index: 1, id: 'b', function: { name: 'second', arguments: '{"n":' } },
      { index: 0, id: 'a', function: { name: 'first', arguments: '{"n":' } },
      { index: 1, function: { arguments: '2}' } },
      { index: 0, function: { arguments: '1}' } },
    ];
    expect(callsOf(deltas.flatMap((delta) => [...reader.push(delta)]))).toEqual([
      { callId: 'b', name: 'second', arguments: '{"n":2}' },
      { callId: 'a', name: 'first', arguments: '{"n":1}' },
    ]);
  });

  it('come in order, whatever a server sends', () => {
    const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
    const text = fc.constantFrom('', 'a', 'b', '{}', '{"');
    const delta = fc.record({
      index: maybe(fc.oneof(fc.integer({ min: -1, max: 3 }), fc.anything())),
      id: maybe(fc.oneof(text, fc.anything())),
      function: maybe(
        fc.oneof(
          fc.record({ name: maybe(text), arguments: maybe(fc.oneof(text, fc.object())) }),
          fc.anything(),
        ),
      ),
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(delta, fc.anything())), (deltas) => {
        const reader = new ToolCalls();
        const events = deltas.flatMap((each) => [...reader.push(each)]);
        for (const call of callsOf([...events, ...reader.end()])) expect(call.callId).not.toBe('');
      }),
    );
  });
});

function fragments(text: string, sizes: fc.Stream<number>): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const size = sizes.next().value ?? 1;
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
}

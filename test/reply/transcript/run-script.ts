import fc from 'fast-check';
import type { AssistantStreamEvent } from 'openai/resources/beta/assistants';
import type { Message, MessageContent, MessageContentDelta } from 'openai/resources/beta/threads/messages';
import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type { RunStep, ToolCall, ToolCallDelta } from 'openai/resources/beta/threads/runs/steps';

/** What a run does, from which events are made: a message with its content, or a step with its tool calls. */
export type Item = { content: MessageContent[] } | { calls: ToolCall[] };

export const text = (value: string): MessageContent => ({ type: 'text', text: { value, annotations: [] } });

export const code = (input: string, ...outputs: (string | { image: string })[]): ToolCall => ({
  type: 'code_interpreter',
  id: 'call_code',
  code_interpreter: {
    input,
    outputs: outputs.map((output) =>
      typeof output === 'string'
        ? { type: 'logs', logs: output }
        : { type: 'image', image: { file_id: output.image } },
    ),
  },
});

export const call = (name: string, args: string, output: string | null): ToolCall => ({
  type: 'function',
  id: `call_${name}`,
  function: { name, arguments: args, output },
});

export function run(status: Run['status'], more: Partial<Run> = {}): Run {
  const base = { id: 'run_1', object: 'thread.run', status, last_error: null, incomplete_details: null };
  return { ...base, required_action: null, usage: null, ...more } as Run;
}

export function message(
  index: number,
  content: MessageContent[],
  status: Message['status'] = 'completed',
): Message {
  return { id: `msg_${index}`, object: 'thread.message', role: 'assistant', status, content } as Message;
}

export function step(index: number, calls: ToolCall[], status: RunStep['status'] = 'completed'): RunStep {
  const step_details = { type: 'tool_calls', tool_calls: calls };
  return {
    id: `step_${index}`,
    object: 'thread.run.step',
    status,
    step_details,
    last_error: null,
  } as RunStep;
}

function creation(index: number, status: RunStep['status']): RunStep {
  const step_details = { type: 'message_creation', message_creation: { message_id: `msg_${index}` } };
  return {
    id: `step_${index}`,
    object: 'thread.run.step',
    status,
    step_details,
    last_error: null,
  } as RunStep;
}

/** The events of a whole run, its text in pieces whose sizes are taken from `sizes` in turn. */
export function eventsOf(items: Item[], sizes: number[]): AssistantStreamEvent[] {
  const cut = cutter(sizes);
  return [
    { event: 'thread.run.created', data: run('queued') },
    { event: 'thread.run.in_progress', data: run('in_progress') },
    ...items.flatMap((item, index) => itemEvents(item, index, cut)),
    { event: 'thread.run.completed', data: run('completed') },
  ];
}

/** What polling brings: the whole steps, then the whole messages, then the run. */
export function polledEventsOf(items: Item[]): AssistantStreamEvent[] {
  const steps = items.map((item, index): AssistantStreamEvent => {
    const data = 'calls' in item ? step(index, item.calls) : creation(index, 'completed');
    return { event: 'thread.run.step.completed', data };
  });
  const messages = items.flatMap((item, index): AssistantStreamEvent[] =>
    'content' in item ? [{ event: 'thread.message.completed', data: message(index, item.content) }] : [],
  );
  return [...steps, ...messages, { event: 'thread.run.completed', data: run('completed') }];
}

export const isDelta = (event: AssistantStreamEvent) => event.event.endsWith('.delta');

type Cut = (value: string) => string[];

function itemEvents(item: Item, index: number, cut: Cut): AssistantStreamEvent[] {
  return 'content' in item ? messageEvents(item.content, index, cut) : stepEvents(item.calls, index, cut);
}

function messageEvents(content: MessageContent[], index: number, cut: Cut): AssistantStreamEvent[] {
  const deltas = content.flatMap((piece, at) => contentDeltas(piece, at, cut));
  return [
    { event: 'thread.run.step.created', data: creation(index, 'in_progress') },
    { event: 'thread.run.step.in_progress', data: creation(index, 'in_progress') },
    { event: 'thread.message.created', data: message(index, [], 'in_progress') },
    { event: 'thread.message.in_progress', data: message(index, [], 'in_progress') },
    ...deltas.map(
      (delta): AssistantStreamEvent => ({
        event: 'thread.message.delta',
        data: { id: `msg_${index}`, object: 'thread.message.delta', delta: { content: [delta] } },
      }),
    ),
    { event: 'thread.message.completed', data: message(index, content) },
    { event: 'thread.run.step.completed', data: creation(index, 'completed') },
  ];
}

function stepEvents(calls: ToolCall[], index: number, cut: Cut): AssistantStreamEvent[] {
  const deltas = calls.flatMap((call, at) => callDeltas(call, at, cut));
  return [
    { event: 'thread.run.step.created', data: step(index, [], 'in_progress') },
    { event: 'thread.run.step.in_progress', data: step(index, [], 'in_progress') },
    ...deltas.map(
      (delta): AssistantStreamEvent => ({
        event: 'thread.run.step.delta',
        data: {
          id: `step_${index}`,
          object: 'thread.run.step.delta',
          delta: { step_details: { type: 'tool_calls', tool_calls: [delta] } },
        },
      }),
    ),
    { event: 'thread.run.step.completed', data: step(index, calls) },
  ];
}

function contentDeltas(content: MessageContent, index: number, cut: Cut): MessageContentDelta[] {
  if (content.type === 'refusal')
    return cut(content.refusal).map((refusal) => ({ ...content, index, refusal }));
  if (content.type !== 'text') return [{ ...content, index }];
  const annotations = content.text.annotations.map((annotation, at) => ({ ...annotation, index: at }));
  return [
    ...cut(content.text.value).map(
      (value): MessageContentDelta => ({ type: 'text', index, text: { value } }),
    ),
    ...(annotations.length > 0 ? [{ type: 'text' as const, index, text: { annotations } }] : []),
  ];
}

function callDeltas(call: ToolCall, index: number, cut: Cut): ToolCallDelta[] {
  const { id, type } = call;
  if (type === 'file_search') return [{ type, index, id, file_search: {} }];
  if (type === 'function') {
    const { name, arguments: args, output } = call.function;
    const pieces = cut(args).map((piece): ToolCallDelta => ({ type, index, function: { arguments: piece } }));
    return [
      { type, index, id, function: { name, arguments: '' } },
      ...pieces,
      { type, index, function: { output } },
    ];
  }
  const { input, outputs } = call.code_interpreter;
  type Delta = NonNullable<Extract<ToolCallDelta, { type: 'code_interpreter' }>['code_interpreter']>;
  const code = cut(input).map((piece): Delta => ({ input: piece }));
  const put = outputs.flatMap((output, at): Delta[] =>
    output.type === 'image'
      ? [{ outputs: [{ ...output, index: at }] }]
      : cut(output.logs).map((logs) => ({ outputs: [{ ...output, index: at, logs }] })),
  );
  return [...code, ...put].map((code_interpreter) => ({ type, index, id, code_interpreter }));
}

function cutter(sizes: number[]): Cut {
  let next = 0;
  return (value) => {
    if (value === '') return [''];
    const pieces: string[] = [];
    for (let at = 0; at < value.length; ) {
      const size = Math.max(1, sizes[next++ % sizes.length] ?? value.length);
      pieces.push(value.slice(at, at + size));
      at += size;
    }
    return pieces;
  };
}

/** Text as models and programs write it, with everything that is hard in it. */
export const nastyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.constantFrom('\n', '\r\n', '\r', '```', '``', '`', '~~~\n', '\n```python\n', '\n```\n', '\n\n'),
      fc.constantFrom('👩‍👩‍👧‍👦', '\ud83d', '\ude00', '\x1b[31mred\x1b[0m', '\x00', '\u202e', 'word '),
    ),
    { maxLength: 12 },
  )
  .map((pieces) => pieces.join(''));

const contents = fc.oneof(
  nastyText.map(text),
  nastyText.map((refusal): MessageContent => ({ type: 'refusal', refusal })),
  fc.constant<MessageContent>({ type: 'image_file', image_file: { file_id: 'file_1' } }),
  nastyText.map((value): MessageContent => {
    const citation = { type: 'file_citation' as const, file_citation: { file_id: 'file_2' } };
    return {
      type: 'text',
      text: { value, annotations: [{ ...citation, text: '【1】', start_index: 0, end_index: 3 }] },
    };
  }),
);

const calls = fc.oneof(
  fc
    .tuple(nastyText, fc.array(fc.oneof(nastyText, fc.constant({ image: 'file_3' })), { maxLength: 4 }))
    .map(([input, outputs]) => code(input, ...outputs)),
  fc.tuple(nastyText, fc.option(nastyText)).map(([args, output]): ToolCall => call('lookup', args, output)),
  fc.constant<ToolCall>({ type: 'file_search', id: 'call_search', file_search: {} }),
);

export const items: fc.Arbitrary<Item[]> = fc.array(
  fc.oneof(
    fc.array(contents, { minLength: 1, maxLength: 3 }).map((content): Item => ({ content })),
    fc.array(calls, { minLength: 1, maxLength: 3 }).map((calls): Item => ({ calls })),
  ),
  { maxLength: 5 },
);

export const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 });

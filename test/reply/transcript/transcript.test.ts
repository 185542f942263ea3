import fc from 'fast-check';
import type { AssistantStreamEvent } from 'openai/resources/beta/assistants';
import { describe, expect, it } from 'vitest';
import { render } from '../../../src/reply/transcript/render.ts';
import { emptyTranscript, fold, foldRun, type Transcript } from '../../../src/reply/transcript/transcript.ts';
import {
  call,
  code,
  eventsOf,
  type Item,
  isDelta,
  items,
  message,
  polledEventsOf,
  run,
  sizes,
  step,
  text,
} from './run-script.ts';

const foldAll = (events: AssistantStreamEvent[], start = emptyTranscript) => events.reduce(fold, start);

/** An event that no type allows, as a broken or newer server may send it. */
const strange = (event: unknown) => event as AssistantStreamEvent;

const textDelta = (id: string, index: unknown, value: string) =>
  strange({
    event: 'thread.message.delta',
    data: { id, delta: { content: [{ type: 'text', index, text: { value } }] } },
  });

const codeDelta = (id: string, index: unknown, input: string) =>
  strange({
    event: 'thread.run.step.delta',
    data: {
      id,
      delta: {
        step_details: {
          type: 'tool_calls',
          tool_calls: [{ type: 'code_interpreter', index, code_interpreter: { input } }],
        },
      },
    },
  });

const example: Item[] = [
  { content: [text('Let me see.')] },
  { calls: [code('print(1)', '1\n', { image: 'file_1' }), call('lookup', '{"a":1}', 'found')] },
  { content: [text('It is 1.')] },
];

/** All texts of a transcript, in order. */
function textsOf(transcript: Transcript): string[] {
  return transcript.entries.flatMap((entry) =>
    entry.type === 'message'
      ? entry.content.map((content) => (content.type === 'text' ? content.value : content.type))
      : entry.tool_calls.map((call) => (call.type === 'code_interpreter' ? call.input : call.type)),
  );
}

describe('fold', () => {
  it('makes an ordered document of a run with messages and tool calls', () => {
    const transcript = foldAll(eventsOf(example, [3]));
    expect(transcript).toMatchObject({ run_id: 'run_1', status: 'completed', error: null });
    expect(transcript.entries).toMatchObject([
      { type: 'message', status: 'completed', content: [{ type: 'text', value: 'Let me see.' }] },
      {
        type: 'tool_calls',
        status: 'completed',
        tool_calls: [
          {
            type: 'code_interpreter',
            input: 'print(1)',
            outputs: [
              { type: 'logs', logs: '1\n' },
              { type: 'image', file_id: 'file_1' },
            ],
          },
          { type: 'function', name: 'lookup', arguments: '{"a":1}', output: 'found' },
        ],
      },
      { type: 'message', status: 'completed', content: [{ type: 'text', value: 'It is 1.' }] },
    ]);
  });

  it('gives the same transcript for any fragmentation of the same run, and for the whole objects alone', () => {
    fc.assert(
      fc.property(items, sizes, sizes, (script, some, others) => {
        const transcript = foldAll(eventsOf(script, some));
        expect(foldAll(eventsOf(script, others))).toEqual(transcript);
        expect(foldAll(polledEventsOf(script))).toEqual(transcript);
      }),
    );
  });

  it('knows the same of a stream without any terminal event, however it was fragmented', () => {
    fc.assert(
      fc.property(items, sizes, (script, some) => {
        const fragmented = foldAll(eventsOf(script, some).filter(isDelta));
        expect(fragmented).toEqual(foldAll(eventsOf(script, [Number.POSITIVE_INFINITY]).filter(isDelta)));
        expect(textsOf(fragmented)).toEqual(textsOf(foldAll(eventsOf(script, some))));
      }),
    );
  });

  it('knows the same of a stream that was cut at any point and then completed by polling', () => {
    fc.assert(
      fc.property(items, sizes, fc.nat(), (script, some, at) => {
        const events = eventsOf(script, some);
        const cut = foldAll(events.slice(0, at % events.length));
        expect(foldAll(polledEventsOf(script), cut)).toEqual(foldAll(events));
      }),
    );
  });

  it('is not changed by events that come twice or late, once the objects are complete', () => {
    fc.assert(
      fc.property(items, sizes, fc.array(fc.nat()), (script, some, again) => {
        const events = eventsOf(script, some);
        const transcript = foldAll(events);
        const repeated = again.flatMap((at) => events[at % events.length] ?? []);
        expect(foldAll(repeated, transcript)).toEqual(transcript);
      }),
    );
  });

  it('shares what an event does not change', () => {
    const before = foldAll(eventsOf(example, [3]).slice(0, -4));
    const after = fold(before, textDelta('msg_2', 0, 'more'));
    expect(after.entries[0]).toBe(before.entries[0]);
    expect(after.entries[1]).toBe(before.entries[1]);
    expect(fold(after, strange({ event: 'thread.run.step.dreaming', data: {} }))).toBe(after);
  });

  it('passes over unknown events, contents and tools, and frames that are not what they should be', () => {
    const known = foldAll(eventsOf(example, [3]).slice(0, 8));
    const events = [
      { event: 'thread.vibes', data: { id: 'x' } },
      { event: 'thread.run.dreaming', data: null },
      { event: 'thread.message.delta', data: {} },
      { event: 'thread.message.delta', data: { id: 'msg_0', delta: { content: 'text' } } },
      {
        event: 'thread.message.delta',
        data: { id: 'msg_0', delta: { content: [{ type: 'hologram', index: 0 }, null] } },
      },
      { event: 'thread.message.created', data: null },
      { event: 'thread.run.step.delta', data: { id: 'step_1' } },
      { event: 'thread.run.step.created', data: { id: 'step_9' } },
      {},
    ];
    const transcript = foldAll(events.map(strange), known);
    expect(textsOf(transcript)).toEqual(textsOf(known));
    expect(transcript.status).toBe(known.status);

    const computer = strange({ type: 'computer', id: 'call_9', computer: {} });
    const done = fold(
      transcript,
      strange({ event: 'thread.run.step.completed', data: step(1, [strange(computer) as never, code('x')]) }),
    );
    expect(done.entries.at(-1)).toMatchObject({ tool_calls: [{ type: 'code_interpreter', index: 1 }] });
  });

  it('takes any JSON in any place without an exception', () => {
    const kinds = [
      'text',
      'image_file',
      'tool_calls',
      'message_creation',
      'code_interpreter',
      'function',
      'logs',
    ];
    const keys = [
      ...[
        'id',
        'type',
        'index',
        'status',
        'role',
        'content',
        'delta',
        'text',
        'value',
        'annotations',
        'step_details',
      ],
      ...[
        'tool_calls',
        'code_interpreter',
        'function',
        'file_search',
        'input',
        'outputs',
        'logs',
        'image',
        'arguments',
      ],
      ...[
        'results',
        'message_creation',
        'message_id',
        'last_error',
        'message',
        'image_url',
        'url',
        'refusal',
      ],
    ];
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof(
        { depthSize: 'large', withCrossShrink: true },
        fc.constantFrom<unknown>(null, 0, 1, true, 'completed', 'in_progress', ...kinds),
        fc.array(tie('json'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...keys), tie('json'), { maxKeys: 6 }),
      ),
    }));
    const names = [...new Set(eventsOf(example, [3]).map((event) => event.event)), 'error', 'thread.created'];
    const events = fc.array(fc.record({ event: fc.constantFrom(...names), data: json }).map(strange));
    fc.assert(
      fc.property(events, (all) => {
        expect(render(foldAll(all)).markdown).toBeTypeOf('string');
      }),
      { numRuns: 1000 },
    );
  });

  it('makes an entry for a delta whose beginning was never seen', () => {
    const transcript = foldAll([
      textDelta('msg_7', 0, 'Hel'),
      codeDelta('__proto__', 0, 'x = '),
      textDelta('msg_7', 0, 'lo'),
      codeDelta('__proto__', 0, '1'),
    ]);
    expect(textsOf(transcript)).toEqual(['Hello', 'x = 1']);
  });

  it('places deltas by index, whatever their order', () => {
    const transcript = foldAll([
      textDelta('m', 2, 'c'),
      textDelta('m', 0, 'a'),
      textDelta('m', 1, 'b'),
      textDelta('m', 0, 'a'),
    ]);
    expect(textsOf(transcript)).toEqual(['aa', 'b', 'c']);
  });

  it.each([-1, 0.5, 1e9, Number.NaN, '__proto__', 'length', null, undefined])(
    'does not believe an index of %s',
    (index) => {
      expect(textsOf(foldAll([textDelta('m', index, 'x')]))).toEqual([]);
      expect(textsOf(foldAll([codeDelta('s', index, 'x')]))).toEqual([]);
    },
  );

  it('takes the complete message in place of what the deltas gave', () => {
    const events = eventsOf([{ content: [text('draft')] }], [2]).slice(0, -3);
    const whole = message(0, [text('final')]);
    expect(textsOf(fold(foldAll(events), { event: 'thread.message.completed', data: whole }))).toEqual([
      'final',
    ]);
  });

  it('keeps what was seen of a message that broke off, even if the server kept nothing of it', () => {
    const events = [textDelta('msg_0', 0, 'half')];
    const whole = message(0, [], 'incomplete');
    const transcript = fold(foldAll(events), { event: 'thread.message.incomplete', data: whole });
    expect(transcript.entries).toMatchObject([{ status: 'incomplete', content: [{ value: 'half' }] }]);
  });

  it.each(['failed', 'cancelled', 'incomplete', 'expired'] as const)(
    'closes what is open when a run is %s',
    (status) => {
      const last_error = { code: 'server_error' as const, message: 'The model is out.' };
      const open = foldAll([textDelta('msg_0', 0, 'Hm'), codeDelta('step_1', 0, 'while True:')]);
      const transcript = foldRun(open, run(status, { last_error }));
      expect(transcript.entries.map((entry) => entry.status)).toEqual([status, status]);
      expect(transcript).toMatchObject({ status, error: 'The model is out.' });
    },
  );

  it('keeps what a run waits for until it goes on', () => {
    const submit_tool_outputs = {
      tool_calls: [
        { id: 'call_lookup', type: 'function' as const, function: { name: 'lookup', arguments: '{}' } },
      ],
    };
    const waiting = run('requires_action', {
      required_action: { type: 'submit_tool_outputs', submit_tool_outputs },
    });
    const paused = fold(emptyTranscript, { event: 'thread.run.requires_action', data: waiting });
    expect(paused.required_action?.submit_tool_outputs).toEqual(submit_tool_outputs);
    const resumed = foldAll(
      [
        { event: 'thread.run.step.completed', data: step(0, [call('lookup', '{}', 'found')]) },
        { event: 'thread.run.in_progress', data: run('in_progress') },
      ],
      paused,
    );
    expect(resumed.required_action).toBeNull();
    expect(resumed.entries).toMatchObject([{ status: 'completed', tool_calls: [{ output: 'found' }] }]);
  });

  it('remembers an error event until the run is heard of again', () => {
    const data = { code: null, message: 'The stream broke.', param: null, type: 'server_error' };
    const broken = foldAll([textDelta('msg_0', 0, 'Hm'), { event: 'error', data }]);
    expect(broken).toMatchObject({
      status: null,
      error: 'The stream broke.',
      entries: [{ status: 'in_progress' }],
    });
    expect(foldRun(broken, run('completed'))).toMatchObject({ status: 'completed', error: null });
  });

  it('does not let a late event bring an ended run back', () => {
    const ended = foldRun(
      emptyTranscript,
      run('completed', { usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } }),
    );
    expect(fold(ended, { event: 'thread.run.in_progress', data: run('in_progress') })).toBe(ended);
  });
});

import { expect, test } from 'vitest';
import type { ModelEvent } from '../../../src/assistants/models/model.ts';
import { polledRun, streamedRun } from '../../../src/conversation/run/run.ts';
import { LONGEST_ANSWER } from '../../../src/conversation/turn/endless.ts';
import { type ScriptedAnswer, ScriptedModel, says } from '../../sim/scripted-model.ts';
import { from, openHarness } from '../harness.ts';

const KIB = 1_024;
/** 10 MB, which is what nobody waits for the end of. */
const PIECES = 10 * KIB;

/** An answer of 10 MB, and how much of it was asked for. */
function endless(first: ModelEvent[], piece: ModelEvent): { answer: ScriptedAnswer; asked: () => number } {
  let asked = 0;
  const answer: ScriptedAnswer = async function* () {
    yield* first;
    for (; asked < PIECES; asked++) yield piece;
    yield { type: 'end', reason: 'stop' };
  };
  return { answer, asked: () => asked };
}

const TEXT = endlessly('text');
const REFUSAL = endlessly('refusal');

function endlessly(type: 'text' | 'refusal'): [ModelEvent[], ModelEvent] {
  return [[], { type, delta: 'x'.repeat(KIB) }];
}

const call = (name: string): [ModelEvent[], ModelEvent] => [
  [{ type: 'tool_call', index: 0, callId: 'call_1', name }],
  { type: 'tool_arguments', index: 0, delta: 'x'.repeat(KIB) },
];

test.each([
  ['a text', TEXT, streamedRun],
  ['a text that is not streamed', TEXT, polledRun],
  ['a refusal', REFUSAL, streamedRun],
  ['code', call('code_interpreter'), streamedRun],
  ['the arguments of a function', call('lookup'), streamedRun],
])(
  'a model that writes 10 MB of %s is ended, and the next question is answered',
  async (_name, what, follow) => {
    const { answer, asked } = endless(...what);
    const { turn } = await openHarness({ model: new ScriptedModel(answer, says('Next.')), follow });
    const reply = await turn([from('Ann', 'go')]);
    expect(reply.outcome).toEqual({
      status: 'failed',
      error: 'The model wrote more than 1,000,000 characters and was ended. Please ask for less at once.',
    });
    expect(asked()).toBeLessThan(PIECES / 8);
    expect((await turn([from('Ann', 'next')])).text).toBe('Next.');
  },
);

test('a model that calls tools again and again, each time with more text, is ended, too', async () => {
  const answer = () => [
    { type: 'text' as const, delta: 'x'.repeat(300 * KIB) },
    { type: 'tool_call' as const, index: 0, callId: '', name: 'unknown' },
    { type: 'end' as const, reason: 'stop' as const },
  ];
  const model = new ScriptedModel(...Array.from({ length: 9 }, answer));
  const { turn } = await openHarness({ model });
  expect((await turn([from('Ann', 'go')])).outcome).toMatchObject({
    error: expect.stringMatching('was ended'),
  });
  expect(model.requests).toHaveLength(4);
});

/** What another server than ours may do: it repeats the first long event of a stream for ever. */
function repeating(network: typeof fetch): typeof fetch {
  return async (input, init) => {
    const response = await network(input, init);
    if (!response.headers.get('content-type')?.startsWith('text/event-stream') || !response.body)
      return response;
    let repeated: Uint8Array | undefined;
    const reader = response.body.getReader();
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (repeated) return controller.enqueue(repeated);
        const { value, done } = await reader.read();
        if (done) return controller.close();
        if (value.length > 10 * KIB) repeated = value;
        controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    });
    return new Response(body, response);
  };
}

test.each([
  ['text', [{ type: 'text' as const, delta: 'x'.repeat(10 * KIB) }]],
  [
    'arguments',
    [
      { type: 'tool_call' as const, index: 0, callId: 'call_1', name: 'lookup' },
      { type: 'tool_arguments' as const, index: 0, delta: 'x'.repeat(10 * KIB) },
    ],
  ],
])(
  'another server that sends %s without end is left, its run is cancelled, and the next question is answered',
  async (_name, events) => {
    const hanging: ScriptedAnswer = async function* (_request, signal) {
      yield* events;
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    let isFaulty = true;
    const { turn, client, threadId } = await openHarness({
      model: new ScriptedModel(hanging, says('Next.')),
      tools: [{ type: 'function', function: { name: 'lookup' } }],
      network: (fetch) => (input, init) => (isFaulty ? repeating(fetch) : fetch)(input, init),
    });
    const reply = await turn([from('Ann', 'go')]);
    expect(reply.outcome).toEqual({
      status: 'failed',
      error: 'The answer had no end in sight after 1,000,000 characters and was ended. Ask for less at once.',
    });
    expect(reply.text.length).toBeLessThan(LONGEST_ANSWER + 20 * KIB);
    isFaulty = false;
    expect((await turn([from('Ann', 'next')])).text).toBe('Next.');
    const runs = (await client.beta.threads.runs.list(await threadId())).data;
    expect(runs.map(({ status }) => status)).toEqual(['completed', 'cancelled']);
  },
);

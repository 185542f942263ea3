import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { Fetch } from '../../../src/assistants/in-process-fetch.ts';
import { observedBegun, observedRun } from '../../../src/conversation/run/observed-run.ts';
import { begunRun, polledRun, streamedRun } from '../../../src/conversation/run/run.ts';
import { logFields, logging } from '../../../src/log.ts';
import type { RunObserver } from '../../../src/operations/metrics/observer.ts';
import { end, failsAfter, python, ScriptedModel, says, text, usage } from '../../sim/scripted-model.ts';
import { from, type HarnessOptions, openHarness } from '../harness.ts';

function observing() {
  const told: string[] = [];
  const observer: RunObserver = {
    runEnded: (status, seconds) => {
      expect(seconds).toBeGreaterThanOrEqual(0);
      told.push(status);
    },
    tokensUsed: (prompt, completion) => told.push(`${prompt} + ${completion} tokens`),
    toolCalled: (type) => told.push(type),
  };
  return { told, observer };
}

/** A bot whose runs are observed, and what was told of them. */
async function observed(options: HarnessOptions) {
  const { told, observer } = observing();
  const { follow = streamedRun } = options;
  const harness = await openHarness({
    ...options,
    follow: (client) => observedRun(follow(client), observer),
  });
  return { ...harness, told };
}

const codes = () => new ScriptedModel([...python('1 + 1'), usage, end()], says('Two.'));

test('a run is told with its tools, its tokens and its end', async () => {
  const { turn, told } = await observed({ model: codes() });
  await turn([from('Ann', 'Hi')]);
  expect(told).toEqual(['code_interpreter', 'completed', '20 + 10 tokens']);
});

test('a run that is not streamed, or fails, is told, too', async () => {
  const polled = await observed({ model: new ScriptedModel(says('Hello.')), follow: polledRun });
  await polled.turn([from('Ann', 'Hi')]);
  expect(polled.told).toEqual(['completed', '10 + 5 tokens']);
  const failing = await observed({ model: new ScriptedModel(failsAfter(new Error('no'), text('Hel'))) });
  await failing.turn([from('Ann', 'Hi')]);
  expect(failing.told[0]).toBe('failed');
});

/** Ends the stream of a run when the second `thread.run.step.completed` is about to come. */
const cutting =
  (fetch: Fetch): Fetch =>
  async (input, init) => {
    const response = await fetch(input, init);
    if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response;
    let seen = 0;
    const cut = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        if (new TextDecoder().decode(chunk).includes('thread.run.step.completed')) seen++;
        if (seen < 2) controller.enqueue(chunk);
        else controller.error(new TypeError('terminated'));
      },
    });
    return new Response(response.body?.pipeThrough(cut), response);
  };

test('what a stream had told before it broke off is not counted again', async () => {
  const { turn, told } = await observed({ model: codes(), network: cutting });
  const reply = await turn([from('Ann', 'Hi')]);
  expect(reply.text).toContain('Two.');
  expect(told).toEqual(['code_interpreter', 'completed', '20 + 10 tokens']);
});

/** A run of a model, and what is told of it by who goes on with it. */
async function begun(model: ScriptedModel, onLook: () => void) {
  const { client } = await openHarness({ model });
  const { told, observer } = observing();
  const [assistant] = (await client.beta.assistants.list()).data;
  const thread = { messages: [{ role: 'user' as const, content: 'Hi' }] };
  const run = await client.beta.threads.createAndRun({ assistant_id: assistant?.id ?? '', thread });
  const context = { functions: { call: async () => '' }, signal: new AbortController().signal };
  for await (const _ of observedBegun(begunRun(client), observer)(run, context)) onLook();
  return told;
}

test('a run that another process began is told as far as it goes on here, once', async () => {
  const { promise: seen, resolve: see } = Promise.withResolvers<void>();
  const held = new ScriptedModel(async function* () {
    await seen;
    yield* [...python('1 + 1'), usage, end()];
  }, says('Two.'));
  expect(await begun(held, see)).toEqual(['code_interpreter', 'completed', '20 + 10 tokens']);
});

test('what was over when a run was found is not told again, but its end', async () => {
  const { client } = await openHarness({ model: codes() });
  const { told, observer } = observing();
  const { id: assistant_id } = await client.beta.assistants.create({
    model: 'm',
    tools: [{ type: 'code_interpreter' }],
  });
  const thread = { messages: [{ role: 'user' as const, content: 'Hi' }] };
  const run = await client.beta.threads.createAndRunPoll({ assistant_id, thread }, { pollIntervalMs: 20 });
  const context = { functions: { call: async () => '' }, signal: new AbortController().signal };
  await Array.fromAsync(observedBegun(begunRun(client), observer)(run, context));
  expect(told).toEqual(['completed', '20 + 10 tokens']);
});

test('lines of the log carry the conversation, the turn and the run, each turn its own', async () => {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ mixin: logFields }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const model = new ScriptedModel(async function* () {
    yield text('Hello');
    await new Promise(setImmediate);
    log.info('deep inside');
    yield end();
  });
  const { turn } = await observed({ model });
  const about = (id: string) => ({ conversation: `test:${id}`, turn: id });
  await Promise.all(
    ['1', '2'].map((id) =>
      logging(about(id), () => turn([{ ...from('Ann', 'Hi'), conversation: `test:${id}` }])),
    ),
  );
  log.info('outside');
  const run = expect.stringMatching(/^run_/);
  expect(lines.slice(0, 2)).toEqual([
    expect.objectContaining({ ...about('1'), run }),
    expect.objectContaining({ ...about('2'), run }),
  ]);
  expect(lines[0]?.run).not.toBe(lines[1]?.run);
  expect(lines[2]).not.toHaveProperty('conversation');
});

import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { Fetch } from '../../src/assistants/in-process-fetch.ts';
import { observedRun } from '../../src/conversation/observed-run.ts';
import { polledRun, streamedRun } from '../../src/conversation/run.ts';
import { logFields, logging } from '../../src/log.ts';
import { end, failsAfter, python, ScriptedModel, says, text, usage } from '../sim/scripted-model.ts';
import { from, type HarnessOptions, openHarness } from './harness.ts';

/** A bot whose runs are observed, and what was told of them. */
async function observed(options: HarnessOptions) {
  const told: string[] = [];
  const observer = {
    runEnded: (status: string, seconds: number) => {
      expect(seconds).toBeGreaterThanOrEqual(0);
      told.push(status);
    },
    tokensUsed: (prompt: number, completion: number) => told.push(`${prompt} + ${completion} tokens`),
    toolCalled: (type: string) => told.push(type),
  };
  const { follow = streamedRun } = options;
  const harness = await openHarness({
    ...options,
    follow: (client, functions) => observedRun(follow(client, functions), observer),
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

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Printer, plain } from '../../../adapters/console/printer.ts';
import type { Fetch } from '../../../src/assistants/in-process-fetch.ts';
import type { ModelEvent } from '../../../src/assistants/models/model.ts';
import { polledRun, streamedRun } from '../../../src/conversation/run/run.ts';
import { Sink } from '../../adapters/console/sink.ts';
import { ScriptedInterpreter, type ScriptedResult } from '../../sim/scripted-interpreter.ts';
import { calls, end, python, ScriptedModel, says, text } from '../../sim/scripted-model.ts';
import { from, openHarness } from '../harness.ts';

const EMPTY = { status: 'failed', error: 'The model gave an empty answer. Ask again.' };

const NOTHING: [string, ModelEvent[]][] = [
  ['no text', [end()]],
  ['white space', says(' \n\t \r\n')],
  ['no-break and other wide spaces', says('\u00a0\u2003\u3000\u202f')],
  ['zero-width spaces and joiners', says('\u200b', '\u200c\u200d\u2060')],
  ['a byte order mark', says('\ufeff')],
  ['soft hyphens', says('\u00ad\u00ad')],
  ['invisible separators', says('\u2062\u2063\u2064\u180e\u034f')],
  ['fillers', says('\u3164\u115f\u1160\uffa0\u2800')],
  ['variation selectors and tags', says('\ufe0f\u{e0100}\u{e0020}')],
  ['control characters', says('\u0000\u001b\u0007\u009b')],
  ['marks that turn the direction', says('\u202e\u2066\u2069\u200f')],
  ['an empty fence', says('```', '\n', '```')],
  ['an empty fence with a language, left open', says('```python\n')],
  ['empty fences with blanks in them', says('~~~text\n \u200b\n~~~\n\n````\n````\n')],
  ['a refusal without words', [{ type: 'refusal', delta: '\u200b' }, end()]],
];

test.each(NOTHING)('%s is told as an empty answer', async (_name, answer) => {
  for (const follow of [streamedRun, polledRun]) {
    const { turn } = await openHarness({ model: new ScriptedModel(answer), follow });
    const reply = await turn([from('Ann', 'question')]);
    expect(reply.outcome).toEqual(EMPTY);
    expect(reply.text).toBe('');
  }
});

test('whatever of what leaves no mark an answer is made of, and however it is cut, it is empty', async () => {
  const marks = fc.constantFrom(
    ' ',
    '\n',
    '\r',
    '\t',
    '\u200b',
    '\ufeff',
    '\u00a0',
    '\u00ad',
    '\ufe0f',
    '\u0000',
  );
  const pieces = fc.array(fc.string({ unit: marks, minLength: 1, maxLength: 8 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(pieces, async (deltas) => {
      const { turn } = await openHarness({ model: new ScriptedModel(says(...deltas)) });
      expect((await turn([from('Ann', 'question')])).outcome).toEqual(EMPTY);
    }),
    { numRuns: 25 },
  );
});

/** How a turn ends in which code runs, after which the model says nothing that can be seen. */
async function afterCalling(first: ModelEvent[], result: ScriptedResult = {}) {
  const codeInterpreter = new ScriptedInterpreter({ go: result });
  const model = new ScriptedModel([...first, end()], says('\u200b'));
  const { turn } = await openHarness({ model, codeInterpreter });
  return turn([from('Ann', 'question')]);
}

test('an answer of code that shows nothing, or of calls that nobody sees, is empty', async () => {
  expect((await afterCalling(python('go'), { prints: [] })).outcome).toEqual(EMPTY);
  expect((await afterCalling(python('go'), { prints: ['\u200b\n', ' \u0007'] })).outcome).toEqual(EMPTY);
  expect((await afterCalling(calls('unknown', '{}'))).outcome).toEqual(EMPTY);
});

test.each<[string, ScriptedResult]>([
  ['what code prints', { prints: ['42\n'] }],
  ['an image', { files: [{ name: 'plot.png', bytes: new Uint8Array(9) }] }],
  ['a file', { files: [{ name: 'table.csv', bytes: new Uint8Array(9) }] }],
])('an answer without text is not empty if it has %s', async (_name, result) => {
  const reply = await afterCalling(python('go'), result);
  expect(reply.outcome).toEqual({ status: 'completed' });
  expect(reply.files.map(({ name }) => name)).toEqual((result.files ?? []).map(({ name }) => name));
});

test('an answer of files alone, none of which can be had, says so', async () => {
  const codeInterpreter = new ScriptedInterpreter({
    go: { prints: [], files: [{ name: 'plot.png', bytes: new Uint8Array(9) }] },
  });
  const model = new ScriptedModel([...python('go'), end()], says('\n'));
  const network = (fetch: Fetch): Fetch => {
    return async (input, init) =>
      String(input).endsWith('/content') ? new Response('{}', { status: 404 }) : fetch(input, init);
  };
  const { turn } = await openHarness({ model, codeInterpreter, network });
  const { outcome } = await turn([from('Ann', 'question')]);
  expect(outcome).toEqual({
    status: 'failed',
    error: 'The files of the answer could not be fetched. Ask again.',
  });
});

test('what only looks like the beginning of a fence is an answer', async () => {
  for (const answer of ['`', '``', '~', '-', '1.', '``` a sentence', '\u200b.']) {
    const { turn } = await openHarness({ model: new ScriptedModel([text(answer), end()]) });
    expect((await turn([from('Ann', 'question')])).outcome).toEqual({ status: 'completed' });
  }
});

test('in the terminal an empty answer is said to be one', async () => {
  const [answers, notes] = [new Sink(), new Sink()];
  const { turnInto } = await openHarness({ model: new ScriptedModel(says('\u200b\n')) });
  await turnInto(new Printer({ answers, notes, painter: plain, keep: async () => '' }), [from('Ann', 'go')]);
  expect(answers.take()).toBe('');
  expect(notes.take()).toBe(`Error: ${EMPTY.error}\n`);
});

import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { ThoughtFilter } from '../../../src/assistants/models/thoughts/thought-filter.ts';
import { CODE_INTERPRETER, callsOf, collect, requestOf } from './collect.ts';
import { chat, responses } from './servers.ts';

/** The answer that is left of a text which comes in pieces of these lengths. */
function answerIn(text: string, lengths: readonly number[], filter = new ThoughtFilter()): string {
  let answer = '';
  const take = ({ withdraw, text: more }: { withdraw: boolean; text: string }) => {
    answer = withdraw ? more : answer + more;
  };
  let at = 0;
  for (const length of lengths) {
    take(filter.push(text.slice(at, at + length)));
    at += length;
  }
  take(filter.push(text.slice(at)));
  take(filter.end());
  return answer;
}

const THOUGHT = 'Okay, 3 < 4 [so]: let `x` be…\n\n```python\nprint(1)\n```\n* done';
const CHANNELS =
  '<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>commentary to=functions.x <|constrain|>json<|message|>{"a":1}<|call|>';

/** [what it is, what the model writes, what of it is the answer] */
const DIALECTS: [string, string, string][] = [
  ['a thought', `<think>\n${THOUGHT}\n</think>\n\nIt is 1.`, 'It is 1.'],
  ['a thought on the answer’s line', '<think>Hm.</think>It is 1.', 'It is 1.'],
  ['an empty thought', '<think>\n\n</think>\n\nIt is 1.', 'It is 1.'],
  ['white space before a thought', '\n <think>Hm.</think> It is 1.', 'It is 1.'],
  ['two thoughts', '<think>Hm.</think>One.\n<think>So?</think>\nTwo.', 'One.\n\nTwo.'],
  ['a thought whose beginning came twice', '<think>\n<think>\nHm.</think>It is 1.', 'It is 1.'],
  ['a thought about thoughts', '<think>They ask for `</think>`, "</think>" too.</think>It is 1.', 'It is 1.'],
  ['a thought that never ends', `<think>${THOUGHT}`, ''],
  ['only the end of a thought', `${THOUGHT}\n</think>\n\nIt is 1.`, 'It is 1.'],
  ['only the end, on the answer’s line', 'Hm.</think>It is 1.', 'It is 1.'],
  ['only the end, after an odd backtick', 'Use ` for it.\n</think>\n\nIt is 1.', 'It is 1.'],
  ['only the end, at the beginning', '</think>\n\nIt is 1.', 'It is 1.'],
  ['Mistral’s thoughts', `[THINK]${THOUGHT}[/THINK]It is 1.`, 'It is 1.'],
  ['the end of Mistral’s thoughts', `${THOUGHT}[/THINK]It is 1.`, 'It is 1.'],
  ['Gemini’s thoughts', '<thought>Hm.</thought>It is 1.', 'It is 1.'],
  ['Kimi’s thoughts', '◁think▷Hm.◁/think▷It is 1.', 'It is 1.'],
  ['Seed’s thoughts', '<seed:think>Hm.</seed:think>It is 1.', 'It is 1.'],
  ['Cohere’s thoughts', '<|START_THINKING|>Hm.<|END_THINKING|>It is 1.', 'It is 1.'],
  ['Gemma’s thoughts', '<|channel>thought\nHm.<channel|>It is 1.', 'It is 1.'],
  ['upper case', '<THINK>Hm.</THINK>It is 1.', 'It is 1.'],
  [
    'channels',
    '<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>It is 1.<|return|>',
    'It is 1.',
  ],
  ['a call between channels', `${CHANNELS}<|start|>assistant<|channel|>final<|message|>It is 1.`, 'It is 1.'],
  ['channels without a final one', CHANNELS, ''],
  ['only the final channel', '<|channel|>final<|message|>It is 1.<|end|>', 'It is 1.'],
  [
    'thoughts before the final channel',
    'Hm.<|end|><|start|>assistant<|channel|>final<|message|>It is 1.',
    'It is 1.',
  ],
];

/** Answers in which nothing is a thought. */
const ANSWERS: [string, string][] = [
  ['text', 'It is 1 < 2 [x] </b> <i>.'],
  ['inline code', 'Models write `<think>` and `</think>`, or ``[THINK]` ``.'],
  ['inline code with more', 'Split at `text.split("</think>")[1]` and `<|channel|>final<|message|>`.'],
  ['a block', 'So:\n\n```xml\n<think>Hm.</think>\n<|channel|>analysis<|message|>x<|end|>\n```\n\nDone.'],
  ['a block of four backticks', '````md\n```\n<think>\n```\n</think>\n````\nDone.'],
  ['a block of tildes', '~~~\n</think>\n```\n</think>\n~~~\n'],
  ['a block in a list', '1. So:\n\n   ```\n   </think>\n   ```\n2. Done.'],
  ['a block in a quote', '> ```\n> <think>x</think>\n> ```'],
  ['indented code', 'So:\n\n    <think>x</think>\n\nDone.'],
  ['a block that never ends', '```\nx = "<think>"\ny = "</think>"'],
  ['quotes', 'The words "<think>" and “</think>” stand around it.'],
  ['a beginning without an end', 'The word <think> opens it, and <|channel|> names a channel.'],
  ['half a marker', 'a <thin'],
  ['white space only', ' \n'],
];

const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 200 });

describe('a model’s text, however it is cut', () => {
  test.each(DIALECTS)('is the answer without %s', (_, text, answer) => {
    fc.assert(
      fc.property(cuts, (lengths) => {
        expect(answerIn(text, lengths)).toBe(answer);
      }),
    );
    expect(answerIn(text, Array<number>(text.length).fill(1))).toBe(answer);
  });

  test.each(ANSWERS)('stays as it is where it is %s', (_, text) => {
    fc.assert(
      fc.property(cuts, fc.boolean(), (lengths, beginsInThought) => {
        expect(answerIn(text, lengths)).toBe(text);
        const thought = beginsInThought ? '<think>Hm.</think>' : '';
        expect(answerIn(thought + text, lengths).trim()).toBe(text.trim());
      }),
    );
  });

  test('is the answer, whatever the thought and the answer are', () => {
    const words = fc.array(
      fc.constantFrom('a', ' ', '\n', '`', '```\n', '<', '</', '[', '"', '|', '*', '🧵'),
    );
    const text = words.map((some) => some.join(''));
    const marks = fc.constantFrom(['<think>', '</think>'], ['[THINK]', '[/THINK]'], ['', '</think>']);
    fc.assert(
      fc.property(marks, text, text, cuts, ([open = '', close = ''], thought, answer, lengths) => {
        // Only an end of which it is sure that no code or quote stands around it.
        const isPlain = open !== '' || !/[`"]|^ {4}/m.test(thought);
        fc.pre(isPlain && !/["`]$/.test(thought));
        const whole = `${open}${thought}${close}${answer}`;
        expect(answerIn(whole, lengths)).toBe(answer.trimStart());
        expect(answerIn(answer, lengths)).toBe(answer);
      }),
      { numRuns: 1_000 },
    );
  });

  test('may be one long line, which is not read again with each piece', () => {
    const line = 'a < b [c] <t `d` '.repeat(60_000);
    expect(answerIn(line, Array<number>(line.length / 4).fill(4))).toBe(line);
  });

  test('is held back where the model is known to begin in a thought, and all there where it did not', () => {
    const filter = new ThoughtFilter(true);
    expect(filter.push('Hm.').text).toBe('');
    expect(filter.push('</think>It').text).toBe('It');
    expect(answerIn('Hm.\n</think>It is 1.', [3, 4], new ThoughtFilter(true))).toBe('It is 1.');
    expect(answerIn('<think>Hm.</think>It is 1.', [3, 4], new ThoughtFilter(true))).toBe('It is 1.');
    for (const [, text] of ANSWERS) expect(answerIn(text, [5], new ThoughtFilter(true))).toBe(text);
  });
});

/** What of an answer is shown, and what is taken back. */
function shown(events: Awaited<ReturnType<typeof collect>>): string[] {
  return events.flatMap((event) => {
    if (event.type === 'text') return [event.delta];
    return event.type === 'withdraw' ? ['(withdrawn)'] : [];
  });
}

describe.each([
  ['chat completions', chat],
  ['responses', responses],
])('a model behind %s', (_, open) => {
  it('shows no thoughts, streamed or whole', async () => {
    for (const options of [{}, { neverStreams: true }]) {
      const { server, model } = await open(options);
      server.next({ text: ['<th', 'ink>Hm.</', 'think>\n\nIt ', 'is 1.'] });
      expect(shown(await collect(model, requestOf('Hi'))).join('')).toBe('It is 1.');
      server.next({ text: `${THOUGHT}</think>It is 1.` });
      const told = shown(await collect(model, requestOf('Hi')));
      expect(told.slice(told.indexOf('(withdrawn)') + 1).join('')).toBe('It is 1.');
    }
  });

  it('streams, and withdraws what was a thought once; from then on it waits for the end of the thought', async () => {
    const { server, model } = await open();
    const text = ['Hm.', ' So.', '</think>', '\n\nIt', ' is 1.'];
    server.next({ text }, { text }, { text: ['No', ' thought.'] }, { text });
    const request = requestOf('Hi');
    expect(shown(await collect(model, request))).toEqual(['Hm.', ' So.', '(withdrawn)', 'It', ' is 1.']);
    expect(shown(await collect(model, request))).toEqual(['It', ' is 1.']);
    expect(shown(await collect(model, request))).toEqual(['No thought.']);
    expect(shown(await collect(model, request))).toEqual(['Hm.', ' So.', '(withdrawn)', 'It', ' is 1.']);
  });

  it('keeps the calls that follow a thought', async () => {
    const { server, model } = await open();
    const toolCalls = [{ name: 'code_interpreter', arguments: '{"code":"1"}' }];
    server.next({ text: ['<think>I call', ' Python.'], toolCalls }, { text: 'Let me see: a <', toolCalls });
    for (const text of ['', 'Let me see: a <']) {
      const events = await collect(model, requestOf('Hi', { tools: [CODE_INTERPRETER] }));
      expect(shown(events).join('')).toBe(text);
      expect(callsOf(events)).toHaveLength(1);
    }
  });
});

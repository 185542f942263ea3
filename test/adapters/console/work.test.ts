import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Painter, Printer, plain } from '../../../adapters/console/printer.ts';
import { layout } from '../../../src/reply/layout/layout.ts';
import { render } from '../../../src/reply/transcript/render.ts';
import { emptyTranscript, fold } from '../../../src/reply/transcript/transcript.ts';
import type { PlacedCall, ToolCall, View } from '../../../src/view.ts';
import { eventsOf, items, sizes } from '../../reply/transcript/run-script.ts';
import { Sink } from './sink.ts';

function open(isTTY: boolean, painter: Painter = plain) {
  const [answers, notes] = [Object.assign(new Sink(), { isTTY, columns: 60 }), new Sink()];
  const printer = new Printer({ answers, notes, painter, keep: async ({ name }) => name });
  return { printer, answers, notes };
}

async function show(
  printer: Printer,
  markdown: string,
  calls: View['calls'] = [],
  outcome?: View['outcome'],
) {
  const view = { parts: layout(markdown, printer.limits), calls, files: [], ...(outcome && { outcome }) };
  for (let call = printer.next(view); call; call = printer.next(view)) await call.send();
}

const ticket = (doing?: string): ToolCall => ({
  type: 'function',
  index: 0,
  id: 'c',
  name: 'open_ticket',
  arguments: '{}',
  output: null,
  ...(doing !== undefined && { doing }),
});
const python = (...logs: string[]): ToolCall => ({
  type: 'code_interpreter',
  index: 0,
  id: 'c',
  input: 'print(1)',
  outputs: logs.map((log, index) => ({ index, type: 'logs', logs: log })),
});
const atWork = (call: ToolCall, more: Partial<PlacedCall> = {}): PlacedCall => ({
  id: 's-0',
  call,
  status: 'in_progress',
  at: 0,
  ...more,
});

const CLEARED = '\r\x1b[K';

test('on a terminal a spinner says what is done, in a line of its own, and leaves nothing behind', async () => {
  const { printer, answers, notes } = open(true);
  await show(printer, 'One moment.');
  await show(printer, 'One moment.', [atWork(ticket())]);
  expect(answers.take()).toBe(`One moment.\n${CLEARED}⠋ Using open ticket…`);
  await show(printer, 'One moment.', [atWork(ticket('reading 3 of 10'))]);
  expect(answers.take()).toBe(`${CLEARED}⠙ Using open ticket: reading 3 of 10…`);
  await show(printer, 'One moment.\n\n*Used open ticket*', []);
  expect(answers.take()).toBe(`${CLEARED}\n*Used open ticket*`);
  await show(printer, 'One moment.\n\n*Used open ticket*', [], { status: 'completed' });
  expect(answers.take()).toBe('\n');
  expect(notes.take()).toBe('');
});

test('several things at once share the line, which is cut to the terminal', async () => {
  const { printer, answers } = open(true);
  const search: ToolCall = { type: 'file_search', index: 1, id: 'd', results: [] };
  await show(printer, '', [atWork(ticket()), atWork(search), atWork(ticket())]);
  expect(answers.take()).toBe(`${CLEARED}⠋ Using open ticket · Searching the team’s documents…`);
  await show(printer, '', [atWork(ticket('x'.repeat(100)))]);
  expect(answers.take().replace(CLEARED, '')).toHaveLength(59);
  printer.close();
  expect(answers.take()).toBe(CLEARED);
});

test('a reply that ends while something is done leaves no spinner', async () => {
  const { printer, answers, notes } = open(true);
  await show(printer, 'One moment.', [atWork(ticket())]);
  await show(printer, 'One moment.', [atWork(ticket(), { status: 'cancelled' })], { status: 'stopped' });
  expect(answers.take()).toBe(`One moment.\n${CLEARED}⠋ Using open ticket…${CLEARED}`);
  expect(notes.take()).toBe('Stopped.\n');
});

test('code that is being written is not broken by a spinner; one that puts something out has one', async () => {
  const { printer, answers } = open(true);
  await show(printer, '```python\nprin', [atWork(python())]);
  expect(answers.take()).toBe('```python\nprin');
  await show(printer, '```python\nprint(1)\n```\n\n```\n1', [atWork(python('1\n'))]);
  expect(answers.take()).toBe(`t(1)\n\`\`\`\n\n\`\`\`\n1\n${CLEARED}⠋ Running Python…`);
});

test.each([
  ['a function', ticket(), {}, 'Using open ticket…\n'],
  ['code that is folded', python(), { isFolded: true as const }, 'Running Python…\n'],
  ['code that is shown', python('1\n'), {}, ''],
])('in a pipe %s is told in a plain line beside the answer, once', async (_, call, more, told) => {
  const { printer, answers, notes } = open(false);
  await show(printer, 'Wait.', [atWork(call, more)]);
  await show(printer, 'Wait.', [atWork(call, more)]);
  expect([answers.take(), notes.take()]).toEqual(['Wait.', told]);
  if (call.type !== 'function') return;
  await show(printer, 'Wait.', [atWork({ ...call, doing: 'step 2' })]);
  expect(notes.take()).toBe('Using open ticket: step 2…\n');
});

/** What a terminal shows: each spinner is written over. */
const seen = (written: string) =>
  written
    .split(CLEARED)
    .map((piece) => piece.replace(/^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] .*$/su, ''))
    .join('')
    .replace(/[^\S\n]+$/gm, '');

test('whatever an answer does, a terminal shows in the end what a pipe gets', async () => {
  const codes = fc.constantFrom('shown' as const, 'folded' as const);
  await fc.assert(
    fc.asyncProperty(items, sizes, codes, async (script, pieces, code) => {
      const [terminal, pipe] = [open(true), open(false)];
      for (const { printer } of [terminal, pipe]) {
        let transcript = emptyTranscript;
        for (const event of eventsOf(script, pieces)) {
          transcript = fold(transcript, event);
          const { markdown, calls } = render(transcript, { toolCall: ({ call }) => `*${call.type}*`, code });
          await show(printer, markdown, calls);
        }
        const { markdown, calls } = render(transcript, { toolCall: ({ call }) => `*${call.type}*`, code });
        await show(printer, markdown, calls, { status: 'completed' });
        printer.close();
      }
      expect(seen(terminal.answers.take())).toBe(seen(pipe.answers.take()));
    }),
  );
});

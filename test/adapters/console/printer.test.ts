import { expect, test } from 'vitest';
import { type KeepFile, Printer, plain } from '../../../adapters/console/printer.ts';
import { show } from './show.ts';
import { Sink } from './sink.ts';

function open() {
  const [answers, notes] = [new Sink(), new Sink()];
  const keep: KeepFile = async ({ name }) => `/kept/${name}`;
  return { printer: new Printer({ answers, notes, painter: plain, keep }), answers, notes };
}

test('only what is new is printed', async () => {
  const { printer, answers } = open();
  await show(printer, 'Hel');
  expect(answers.take()).toBe('Hel');
  await show(printer, 'Hello');
  expect(answers.take()).toBe('lo');
  await show(printer, 'Hello', { status: 'completed' });
  expect(answers.take()).toBe('\n');
});

test('a code block that stays open is closed at the end', async () => {
  const { printer, answers, notes } = open();
  await show(printer, '```\nx');
  await show(printer, '```\nx', { status: 'stopped' });
  expect(answers.take()).toBe('```\nx\n```\n');
  expect(notes.take()).toBe('Stopped.\n');
});

test('an answer that was put right in its midst is printed whole below', async () => {
  const { printer, answers } = open();
  await show(printer, 'one two');
  await show(printer, 'one 2');
  expect(answers.take()).toBe('one two\n\none 2');
});

test('a reply without text prints nothing but its error', async () => {
  const { printer, answers, notes } = open();
  await show(printer, '', { status: 'failed', error: 'No model.' });
  expect(answers.take()).toBe('');
  expect(notes.take()).toBe('Error: No model.\n');
});

test('the files of an answer are kept, and the person is told where', async () => {
  const { printer, notes } = open();
  const files = [{ id: 'file-1', name: 'plot.png', bytes: new Uint8Array(1) }];
  await show(printer, 'See the plot.', { status: 'completed' }, files);
  expect(notes.take()).toBe('File: /kept/plot.png\n');
});

test('of an answer that is too long to be shown the person is told where all of it is', async () => {
  const { printer, answers, notes } = open();
  const files = [{ id: 'whole-answer', name: 'answer.md', bytes: new Uint8Array(1) }];
  await show(printer, 'It begins', { status: 'completed', notice: 'All of it is in answer.md.' }, files);
  expect(answers.take()).toBe('It begins\n');
  expect(notes.take()).toBe('File: /kept/answer.md\nAll of it is in answer.md.\n');
});

import { expect, test } from 'vitest';
import { Printer, plain } from '../../../adapters/console/printer.ts';
import type { Part } from '../../../src/reply/layout.ts';
import { Sink } from './sink.ts';

function open() {
  const [answers, notes] = [new Sink(), new Sink()];
  const printer = new Printer(answers, notes, plain);
  return { printer, answers: () => answers.take(), notes: () => notes.take() };
}

const part = (source: string, closing = ''): Part => ({
  opening: '',
  source,
  closing,
  text: source + closing,
});

test('only what is new is printed', async () => {
  const { printer, answers } = open();
  await printer.show(0, part('Hel'));
  expect(answers()).toBe('Hel');
  await printer.show(0, part('Hello'));
  expect(answers()).toBe('lo');
  await printer.end({ status: 'completed' });
  expect(answers()).toBe('\n');
});

test('a code block that stays open is closed at the end', async () => {
  const { printer, answers } = open();
  await printer.show(0, part('```\nx', '\n```'));
  await printer.end({ status: 'stopped' });
  expect(answers()).toBe('```\nx\n```\n');
});

test('an answer that was put right in its midst is printed whole below', async () => {
  const { printer, answers } = open();
  await printer.show(0, part('one two'));
  await printer.show(0, part('one 2'));
  expect(answers()).toBe('one two\n\none 2');
});

test('a reply without text prints nothing', async () => {
  const { printer, answers, notes } = open();
  await printer.end({ status: 'failed', error: 'No model.' });
  expect(answers()).toBe('');
  expect(notes()).toBe('Error: No model.\n');
});

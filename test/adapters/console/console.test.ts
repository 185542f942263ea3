import { PassThrough } from 'node:stream';
import { setImmediate as tick } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Console } from '../../../adapters/console/console.ts';
import { plain } from '../../../adapters/console/printer.ts';
import type { Bot, IncomingMessage, Platform, Rating, Receipt, Word } from '../../../src/platform.ts';
import type { Outcome } from '../../../src/view.ts';
import { show } from './show.ts';
import { Sink } from './sink.ts';

/** A bot that repeats what it is told, or does what `answer` says. */
class Parrot implements Bot {
  readonly prompts = [];
  readonly heard: IncomingMessage[] = [];
  readonly stopped: string[] = [];
  platform: Platform | undefined;
  answer: (message: IncomingMessage) => Promise<Outcome> = async () => ({ status: 'completed' });

  receive(message: IncomingMessage): Receipt {
    return { kept: Promise.resolve(), answered: this.#answer(message) };
  }

  async #answer(message: IncomingMessage): Promise<void> {
    this.heard.push(message);
    const reply = this.platform?.reply([message]);
    if (!reply) return;
    await show(reply, `You said: ${message.text}`);
    await show(reply, `You said: ${message.text}`, await this.answer(message));
  }

  knows = async () => false;
  absence = async () => undefined;
  renew = async () => true;
  retract = async () => {};
  vanish = async () => {};
  signOfWork = () => {};
  objection = async () => undefined;
  readonly words: Word[] = [];

  async decide(word: Word): Promise<undefined> {
    this.words.push(word);
  }
  readonly rated: Rating[] = [];
  rate = (rating: Rating) => void this.rated.push(rating);

  async stop(conversation: string): Promise<boolean> {
    this.stopped.push(conversation);
    return true;
  }
}

async function open(isTTY = false) {
  const input = Object.assign(new PassThrough(), { isTTY, setRawMode: () => input });
  const [answers, notes] = [new Sink(), new Sink()];
  const bot = new Parrot();
  const options = {
    conversation: 'console:1',
    author: 'ann',
    greeting: 'Welcome.',
    painter: () => plain,
    keep: async () => '',
  };
  const terminal = new Console({ input, answers, notes, ...options });
  bot.platform = terminal;
  await terminal.start(bot);
  return { bot, terminal, input, answers: () => answers.take(), notes: () => notes.take() };
}

const texts = (bot: Parrot) => bot.heard.map(({ text }) => text);

test('a pipe is read line by line; answers go one way and all else the other', async () => {
  const { bot, terminal, input, answers, notes } = await open();
  input.end('one\n\ntwo\n');
  await terminal.left;
  expect(texts(bot)).toEqual(['one', 'two']);
  expect(bot.heard[0]).toMatchObject({ conversation: 'console:1', author: { name: 'ann' } });
  expect(answers()).toBe('You said: one\nYou said: two\n');
  expect(notes()).toBe('Welcome.\nThe message is empty: type a question, or "exit" to leave.\nGoodbye.\n');
});

test('a fenced block from a pipe is one message, even when it is left open', async () => {
  const { bot, terminal, input } = await open();
  input.end('```python\nprint(1)\n\n```\n```\nopen\n');
  await terminal.left;
  expect(texts(bot)).toEqual(['```python\nprint(1)\n\n```', '```\nopen']);
});

test.each(['exit', 'quit', '  EXIT '])('%j ends with a goodbye', async (word) => {
  const { bot, terminal, input, notes } = await open();
  input.write(`hello\n${word}\nnever read\n`);
  await terminal.left;
  expect(texts(bot)).toEqual(['hello']);
  expect(notes()).toContain('Goodbye.');
});

test('two words say what somebody thinks of the last answer, and are no message', async () => {
  const { bot, terminal, input, notes } = await open();
  input.end('one\n Bad answer \ngood answer\nwhat is a bad answer\n');
  await terminal.left;
  const rating = { conversation: 'console:1', person: 'ann' };
  expect(bot.rated).toEqual([
    { ...rating, opinion: 'bad' },
    { ...rating, opinion: 'good' },
  ]);
  expect(texts(bot)).toEqual(['one', 'what is a bad answer']);
  expect(notes()).toContain('Thank you, noted.\nThank you, noted.\n');
});

test('a failed run prints a clear error and the chat goes on', async () => {
  const { bot, terminal, input, answers, notes } = await open();
  bot.answer = async ({ text }) =>
    text === 'one' ? { status: 'failed', error: 'It broke.' } : { status: 'completed' };
  input.end('one\ntwo\n');
  await terminal.left;
  expect(notes()).toContain('Error: It broke.\n');
  expect(answers()).toBe('You said: one\nYou said: two\n');
});

test('Ctrl-C stops the run, and the next message is read', async () => {
  const { bot, terminal, input, notes } = await open(true);
  const running = Promise.withResolvers<Outcome>();
  bot.answer = () => running.promise;
  input.write('go\n');
  await tick();
  input.write('\u0003');
  await tick();
  expect(bot.stopped).toEqual(['console:1']);
  running.resolve({ status: 'stopped' });
  await tick();
  input.write('next\nexit\n');
  await terminal.left;
  expect(texts(bot)).toEqual(['go', 'next']);
  expect(notes()).toContain('Stopped.');
});

test('a second Ctrl-C leaves at once', async () => {
  const { bot, terminal, input } = await open(true);
  bot.answer = () => new Promise(() => {});
  input.write('go\n');
  await tick();
  input.write('\u0003');
  input.write('\u0003');
  await terminal.left;
  expect(bot.stopped).toHaveLength(1);
});

test('Ctrl-C while nothing runs leaves', async () => {
  const { terminal, input } = await open(true);
  input.write('\u0003');
  await terminal.left;
});

test('a terminal shows prompts, and a different one inside a fenced block', async () => {
  const { terminal, input, notes } = await open(true);
  input.write('```\nx\n```\nexit\n');
  await terminal.left;
  const shown = notes();
  expect(shown).toContain('you> ');
  expect(shown).toContain('...  ');
});

import { PassThrough } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { Console } from '../../../adapters/console/console.ts';
import { plain } from '../../../adapters/console/printer.ts';
import { memoryStore } from '../../../src/store/sqlite/store.ts';
import { scriptedBot } from '../../sim/scripted-bot.ts';
import { ScriptedModel, says } from '../../sim/scripted-model.ts';
import { type SearchingRun, searchingServer } from '../../sim/searching-server.ts';
import { ANSWER, CITING, FINDING_NOTHING, gapsOf, KNOWLEDGE, OLD, SOURCES } from '../answers-with-sources.ts';
import { Sink } from './sink.ts';

/** The whole bot in a terminal into which these lines are typed. */
async function chat(runs: SearchingRun[], ...lines: string[]) {
  const bot = await scriptedBot({
    store: memoryStore(),
    model: new ScriptedModel(says('Unused.')),
    network: searchingServer(runs),
    knowledge: KNOWLEDGE,
  });
  onTestFinished(() => bot.close());
  const [input, answers, notes] = [new PassThrough(), new Sink(), new Sink()];
  const seen = {
    conversation: 'console:1',
    author: 'ann',
    greeting: '',
    painter: () => plain,
    keep: async () => '',
  };
  const terminal = new Console({ input, answers, notes, ...seen });
  await bot.connect(terminal);
  input.end(lines.map((line) => `${line}\n`).join(''));
  await terminal.left;
  return { bot, answers: answers.take(), notes: notes.take() };
}

test('an answer has its sources below', async () => {
  const { answers } = await chat([CITING], 'How much leave do I have?');
  expect(answers).toBe(`${ANSWER}\n\n${SOURCES.join('\n')}\n\n${OLD}\n`);
});

test('where nothing was found the contact is named, and the question is noted', async () => {
  const { answers, bot } = await chat([FINDING_NOTHING], 'What is the wifi password?');
  expect(answers).toBe(
    `I do not know.\n\nThe documents say nothing that answers this. Ask ${KNOWLEDGE.contact}.\n`,
  );
  expect(await gapsOf(bot)).toMatchObject([{ question: 'What is the wifi password?', unanswered: true }]);
});

test('a bad answer is noted with its question', async () => {
  const { bot, notes } = await chat([CITING], 'One?', 'Two?', 'bad answer');
  expect(notes).toContain('Thank you, noted.\n');
  await expect.poll(() => gapsOf(bot)).toMatchObject([{ question: 'Two?', bad: ['ann'] }]);
});

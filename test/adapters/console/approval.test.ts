import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { Console } from '../../../adapters/console/console.ts';
import { plain } from '../../../adapters/console/printer.ts';
import { memoryStore } from '../../../src/store/sqlite/store.ts';
import { askingFunction, callsOf } from '../../sim/asking-function.ts';
import { scriptedBot } from '../../sim/scripted-bot.ts';
import { ScriptedModel, says } from '../../sim/scripted-model.ts';
import { Sink } from './sink.ts';

const WISHES: [string, string][] = [['reset_vpn', '{"user":"ann"}']];

/** The real bot in a terminal, whose model wants to call functions that need somebody's word. */
async function open(wishes = WISHES, isTTY = false) {
  const { team, made } = askingFunction(['slack:@it']);
  const model = new ScriptedModel(callsOf(...wishes), says('Done.'), says('Four.'));
  const bot = await scriptedBot({ store: memoryStore(), model, functions: [team] });
  const input = Object.assign(new PassThrough(), { isTTY, setRawMode: () => input });
  const [answers, notes] = [new Sink(), new Sink()];
  const terminal = new Console({
    input,
    answers,
    notes,
    conversation: 'console:1',
    author: 'ann',
    greeting: 'Welcome.',
    painter: () => plain,
    keep: async () => '',
  });
  await bot.connect(terminal);
  onTestFinished(() => bot.close());
  let told = '';
  let asked = '';
  const look = () => {
    told += answers.take();
    asked += stripVTControlCharacters(notes.take());
    return { told, asked };
  };
  const shows = (text: string | RegExp) => expect.poll(() => look().told, { timeout: 20_000 }).toMatch(text);
  const asks = (text: string | RegExp) => expect.poll(() => look().asked, { timeout: 20_000 }).toMatch(text);
  return { bot, model, made, input, terminal, shows, asks, look };
}

const toldTo = ({ requests }: ScriptedModel) => JSON.stringify(requests[1]?.items);

test('a call is shown, made after a y, and who approved stands there', async () => {
  const { input, made, shows, asks, terminal, look } = await open();
  input.write('reset my vpn\n');
  await asks(/Do it\? \(y\/n\)/);
  expect(look().told).toContain(
    '**May I use `reset_vpn` with this?**\n\n```json\n{\n  "user": "ann"\n}\n```',
  );
  expect(look().told).toContain('This needs the word of you, who run Bobbin.');
  expect(made).toEqual([]);
  input.write('y\n');
  await shows(/✅ Approved by ann, .* UTC\.[\s\S]*Done\./);
  expect(made).toEqual([{ user: 'ann' }]);
  input.end();
  await terminal.left;
});

test('after an n the next line is the reason, which the model is told', async () => {
  const { input, made, model, shows, asks } = await open();
  input.write('reset my vpn\n');
  await asks('Do it?');
  input.write('n\n');
  await asks('Why not?');
  input.write('Not today.\n');
  await shows(/🚫 Refused by ann, .* UTC: “Not today\.”[\s\S]*Done\./);
  expect(made).toEqual([]);
  expect(toldTo(model)).toContain('Not today.');
});

test('what is neither y nor n is no answer, and is answered next', async () => {
  const { input, made, shows, asks, look } = await open();
  input.write('reset my vpn\n');
  await asks('Do it?');
  input.write('what is 2 + 2?\n');
  await asks('Type "y" or "n"');
  expect(made).toEqual([]);
  input.write('YES\n');
  await shows(/Done\.[\s\S]*Four\./);
  expect(made).toHaveLength(1);
  expect(look().told).not.toContain('🚫');
});

test('in a pipe each question takes its line; at the end of the input nobody says yes', async () => {
  const { input, made, terminal, look } = await open([...WISHES, ['reset_vpn', '{"user":"ben"}']]);
  input.end('reset them\ny\n');
  await terminal.left;
  expect(made).toEqual([{ user: 'ann' }]);
  expect(look().told).toMatch(
    /1: ✅ Approved by ann[\s\S]*2: 🚫 Refused by ann, .* UTC: “Nobody was there to say so\.”/,
  );
});

test('a stop ends the wait, and what is typed then is a message', async () => {
  const { input, made, bot, shows, asks } = await open();
  input.write('reset my vpn\n');
  await asks('Do it?');
  await bot.stop('console:1');
  await asks('Stopped.');
  input.write('y\n');
  await shows('Done.');
  expect(made).toEqual([]);
});

test('at a keyboard the question is a prompt, and what is typed after it is seen', async () => {
  const { input, made, shows, asks, look } = await open(WISHES, true);
  await asks('you> ');
  input.write('reset my vpn\r');
  await asks(/Do it\? \(y\/n\) $/);
  input.write('y');
  await asks(/Do it\? \(y\/n\) y$/);
  input.write('\r');
  await shows(/✅ Approved by ann[\s\S]*Done\./);
  await asks(/Do it\?[\s\S]*you> /);
  expect(made).toHaveLength(1);
  expect(look().asked).not.toContain('Type "y"');
});

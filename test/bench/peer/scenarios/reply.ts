import type { Bot } from '../bots/bot.ts';
import { ask, inLab, type Lab } from '../lab.ts';
import { discordThreads } from '../stages/discord.ts';
import { slackEdits, slackNative } from '../stages/slack.ts';
import type { Setting } from '../stages/stage.ts';
import { median } from '../statistics.ts';
import { numbered } from '../text.ts';
import { between, type Scenario, type Values } from './scenario.ts';

const TOKENS = 300;
const TOKEN = { piece: 5, everyMs: 20 };
const LONG = { text: numbered(TOKENS * TOKEN.piece), ...TOKEN };
const SHORT = { text: numbered(50), ...TOKEN };
const SHORT_QUESTIONS = 8;

/** What one person sees who asks alone. */
export const oneReply: Scenario = {
  title: `One reply of ${TOKENS} tokens, one every ${TOKEN.everyMs} ms`,
  settings: [slackNative, slackEdits, discordThreads],
  rows: () => [
    { id: 'call', name: `event to first call (median of ${SHORT_QUESTIONS})`, unit: 'ms' },
    { id: 'callName', name: 'the first call' },
    { id: 'first', name: 'first token to first text', unit: 'ms' },
    { id: 'last', name: 'last token to last text', unit: 'ms' },
    { id: 'calls', name: 'calls' },
    { id: 'characters', name: 'characters sent', bound: String(LONG.text.length) },
  ],
  measure: (bot: Bot, setting: Setting) => inLab(bot, setting, measure),
};

async function measure(lab: Lab): Promise<Values> {
  const delays: number[] = [];
  let callName = '';
  for (let question = 0; question < SHORT_QUESTIONS; question++) {
    const { reading, askedAt, callsBefore } = ask(lab, `short${question}`, SHORT, question);
    await reading.over();
    const call = lab.stage.calls()[callsBefore];
    if (call === undefined) continue;
    delays.push(call.at - askedAt);
    callName = call.name;
  }
  const { reading, writing, callsBefore } = ask(lab, 'long', LONG, 8);
  await reading.over();
  const calls = lab.stage.calls().slice(callsBefore);
  return {
    call: median(delays),
    callName,
    first: between(writing.firstAt, reading.firstAt),
    last: between(writing.lastAt, reading.wholeAt) ?? 'never whole',
    calls: calls.length,
    characters: calls.reduce((sum, { characters }) => sum + characters, 0),
  };
}

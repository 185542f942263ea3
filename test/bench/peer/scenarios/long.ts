import type { Bot } from '../bots/bot.ts';
import { ask, inLab, type Lab } from '../lab.ts';
import { discordThreads } from '../stages/discord.ts';
import { slackEdits, slackNative } from '../stages/slack.ts';
import type { Setting } from '../stages/stage.ts';
import { numbered, words } from '../text.ts';
import { between, type Row, type Scenario, type Values } from './scenario.ts';

const LENGTHS = [2_001, 12_001, 19_500];
/** A fast model: 250 tokens a second. */
const PACE = { piece: 25, everyMs: 20 };
/** Characters of a message that Slack and Discord take. */
const MESSAGE = { slack: 12_000, discord: 2_000 };

/** Replies that are longer than a message. */
export const longReplies: Scenario = {
  title: 'Long replies, 5 tokens every 20 ms',
  settings: [slackNative, slackEdits, discordThreads],
  rows: (setting) => LENGTHS.flatMap((length) => rowsOf(length, setting)),
  measure: (bot: Bot, setting: Setting) => inLab(bot, setting, measure),
};

function rowsOf(length: number, setting: Setting): Row[] {
  const limit = setting === discordThreads ? MESSAGE.discord : MESSAGE.slack;
  const count = length.toLocaleString('en');
  return [
    { id: `shown${length}`, name: `${count} characters: shown`, bound: 'all' },
    { id: `messages${length}`, name: `${count}: messages`, bound: String(Math.ceil(length / limit)) },
    { id: `calls${length}`, name: `${count}: calls` },
    { id: `last${length}`, name: `${count}: last token to last text`, unit: 's', bound: '0 s' },
  ];
}

async function measure(lab: Lab): Promise<Values> {
  const values: Values = {};
  for (const [channel, length] of LENGTHS.entries()) {
    const script = { text: numbered(length), ...PACE };
    const { reading, writing, callsBefore } = ask(lab, `long${length}`, script, channel);
    await reading.over();
    const missing = reading.missing();
    const all = words(script.text).length;
    values[`shown${length}`] = missing === 0 ? 'all' : `all but ${missing} of ${all} words`;
    values[`messages${length}`] = reading.messages();
    values[`calls${length}`] = lab.stage.calls().length - callsBefore;
    values[`last${length}`] = between(writing.lastAt, reading.wholeAt) ?? 'never';
  }
  return values;
}

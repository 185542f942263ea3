import type { Bot } from '../bots/bot.ts';
import { ask, inLab, type Lab } from '../lab.ts';
import { discordThreads } from '../stages/discord.ts';
import { slackEdits, slackNative } from '../stages/slack.ts';
import { CHANNELS, type Setting } from '../stages/stage.ts';
import { percentile } from '../statistics.ts';
import { numbered } from '../text.ts';
import { between, type Scenario, type Values } from './scenario.ts';

const PEOPLE = 30;
const SCRIPT = { text: numbered(1_500), piece: 5, everyMs: 20 };
/** A window of Slack's is a minute: who was refused in it may come back that much later. */
const SILENCE_MS = 75_000;

const FIRST_BOUND: Record<string, string> = {
  // Three in each channel pass at once by the simulator's reading of a "short burst".
  [slackNative.name]: '0 s',
  [slackEdits.name]: '0 s',
  // A thread and a post for each, of 50 requests a second.
  [discordThreads.name]: '0.6 s and 1.2 s',
};

/** Many people at once, in channels that they share. */
export const crowd: Scenario = {
  title: `${PEOPLE} mentions at once in ${CHANNELS} channels, replies of 300 tokens`,
  settings: [slackNative, slackEdits, discordThreads],
  rows: ({ name }) => [
    { id: 'first50', name: 'mention to first text, p50', unit: 's', bound: FIRST_BOUND[name] ?? '' },
    { id: 'first99', name: 'mention to first text, p99', unit: 's', bound: FIRST_BOUND[name] ?? '' },
    { id: 'end99', name: 'last token to last text, p99', unit: 's', bound: '0 s' },
    { id: 'whole', name: `whole replies, of ${PEOPLE}`, bound: String(PEOPLE) },
    { id: 'refused', name: 'refused calls (429)', bound: '0' },
    { id: 'calls', name: 'calls' },
  ],
  measure: (bot: Bot, setting: Setting) => inLab(bot, setting, measure),
};

async function measure(lab: Lab): Promise<Values> {
  const before = lab.stage.calls().length;
  const asked = Array.from({ length: PEOPLE }, (_, person) =>
    ask(lab, `crowd${person}`, SCRIPT, person % CHANNELS),
  );
  await Promise.all(asked.map(({ reading }) => reading.over(SILENCE_MS)));
  const calls = lab.stage.calls().slice(before);
  const firsts = asked.map(({ askedAt, reading }) => between(askedAt, reading.firstAt) ?? Infinity);
  const ends = asked.map(({ writing, reading }) => between(writing.lastAt, reading.wholeAt) ?? Infinity);
  return {
    first50: percentile(firsts, 0.5),
    first99: percentile(firsts, 0.99),
    end99: percentile(ends, 0.99),
    whole: asked.filter(({ reading }) => reading.missing() === 0).length,
    refused: calls.filter(({ limited }) => limited).length,
    calls: calls.length,
  };
}

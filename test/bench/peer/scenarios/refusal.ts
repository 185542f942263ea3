import type { Bot } from '../bots/bot.ts';
import { ask, inLab, type Lab } from '../lab.ts';
import { discordThreads } from '../stages/discord.ts';
import { slackEdits, slackNative } from '../stages/slack.ts';
import { RETRY_AFTER, type Setting } from '../stages/stage.ts';
import { numbered } from '../text.ts';
import { between, type Scenario, type Values } from './scenario.ts';

const SCRIPT = { text: numbered(500), piece: 5, everyMs: 20 };
/** `WebClient` waits longer and longer for what is refused again and again. */
const SILENCE_MS = 20_000;
const TIMES = [1, 2];
const NAMES = ['one 429', 'two 429s in a row'];

/** The platform refuses the call that would have shown the end. */
export const refusedEnd: Scenario = {
  title: `The call that shows the end is refused (429, Retry-After ${RETRY_AFTER} s)`,
  settings: [slackNative, slackEdits, discordThreads],
  rows: () =>
    TIMES.map((times, index) => ({
      id: `end${times}`,
      name: `${NAMES[index]}: last token to last text`,
      unit: 's',
      bound: `${times * RETRY_AFTER} s`,
    })),
  measure: (bot: Bot, setting: Setting) => inLab(bot, setting, measure),
};

async function measure(lab: Lab): Promise<Values> {
  const values: Values = {};
  for (const [channel, times] of TIMES.entries()) {
    const { reading, writing } = ask(lab, `refused${times}`, SCRIPT, channel);
    writing.onLast = () => lab.stage.refuse(times);
    await reading.over(SILENCE_MS);
    values[`end${times}`] = between(writing.lastAt, reading.wholeAt) ?? 'never';
  }
  return values;
}

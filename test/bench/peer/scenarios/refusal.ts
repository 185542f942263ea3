import type { Bot } from '../bots/bot.ts';
import { ask, inLab } from '../lab.ts';
import { discordThreads } from '../stages/discord.ts';
import { slackEdits, slackNative } from '../stages/slack.ts';
import { RETRY_AFTER, type Setting } from '../stages/stage.ts';
import { numbered } from '../text.ts';
import { between, type Scenario, type Values } from './scenario.ts';

const SCRIPT = { text: numbered(500), piece: 5, everyMs: 20 };
/** Who waits longer than this lets a person wait for nothing: Slack's own windows are a minute. */
const SILENCE_MS = 65_000;
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
  measure,
};

async function measure(bot: Bot, setting: Setting): Promise<Values> {
  const values: Values = {};
  for (const times of TIMES) values[`end${times}`] = await endAfter(times, bot, setting);
  return values;
}

/** In a lab of its own each time: an order that was not used up would strike the next reply. */
function endAfter(times: number, bot: Bot, setting: Setting): Promise<number | string> {
  return inLab(bot, setting, async (lab) => {
    const { reading, writing } = ask(lab, 'refused', SCRIPT);
    writing.onLast = () => lab.stage.refuse(times);
    await reading.over(SILENCE_MS);
    return between(writing.lastAt, reading.wholeAt) ?? 'never';
  });
}

import type { Bot } from '../bots/bot.ts';
import { inLab } from '../lab.ts';
import { discordThreads } from '../stages/discord.ts';
import { slackNative } from '../stages/slack.ts';
import type { Setting } from '../stages/stage.ts';
import { median } from '../statistics.ts';
import type { Scenario, Values } from './scenario.ts';

const STARTS = 5;

/** From nothing to a connection. */
export const start: Scenario = {
  title: 'Start',
  settings: [slackNative, discordThreads],
  rows: () => [{ id: 'connected', name: `start to connected (median of ${STARTS})`, unit: 'ms' }],
  measure,
};

/** One start that isn't counted compiles what both keep compiled. */
async function measure(bot: Bot, setting: Setting): Promise<Values> {
  const times: number[] = [];
  for (let count = 0; count <= STARTS; count++) {
    const took = await inLab(bot, setting, async (lab) => lab.bot.connectedAfter, { isWarm: false });
    if (count > 0) times.push(took);
  }
  return { connected: median(times) };
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Bot } from '../bots/bot.ts';
import { inLab, type Lab } from '../lab.ts';
import { discordThreads } from '../stages/discord.ts';
import { slackNative } from '../stages/slack.ts';
import type { Setting } from '../stages/stage.ts';
import { median } from '../statistics.ts';
import type { Scenario, Values } from './scenario.ts';

const STARTS = 5;
/** Discord lets a bot identify itself once in 5 s. */
const IDENTIFY_MS = 5_000;

/** From nothing to a connection. */
export const start: Scenario = {
  title: 'Start to connected',
  settings: [slackNative, discordThreads],
  rows: () => [{ id: 'connected', name: `process to connection (median of ${STARTS})`, unit: 'ms' }],
  measure: (bot: Bot, setting: Setting) => inLab(bot, setting, measure, { isWarm: false }),
};

/** The first start isn't counted: it makes what both keep, such as compiled code. */
async function measure(lab: Lab): Promise<Values> {
  const times: number[] = [];
  for (let count = 0; count < STARTS; count++) {
    await sleep(IDENTIFY_MS);
    await lab.startAgain('SIGTERM');
    times.push(lab.bot.connectedAfter);
  }
  return { connected: median(times) };
}

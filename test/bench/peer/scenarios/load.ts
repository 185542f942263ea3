import { setTimeout as sleep } from 'node:timers/promises';
import type { Bot } from '../bots/bot.ts';
import { ask, inLab, type Lab } from '../lab.ts';
import { discordThreads } from '../stages/discord.ts';
import { CHANNELS, type Setting } from '../stages/stage.ts';
import { numbered } from '../text.ts';
import type { Scenario, Values } from './scenario.ts';

const REPLIES = 200;
const SCRIPT = { text: numbered(1_500), piece: 5, everyMs: 20 };
/** Ten a wave, one in each channel: below every limit, so that both do the same work without waiting. */
const WAVES = REPLIES / CHANNELS;
/** So that the sandbox of ours, which starts by itself, is there. */
const SETTLE_MS = 5_000;
const SAMPLE_MS = 500;

/** What many replies cost the machine. */
export const load: Scenario = {
  title: `${REPLIES} replies of 300 tokens, ${CHANNELS} at a time`,
  settings: [discordThreads],
  rows: () => [
    { id: 'processor', name: 'processor time of all', unit: 's' },
    { id: 'before', name: 'memory before, all processes', unit: 'MB' },
    { id: 'peak', name: 'most memory meanwhile', unit: 'MB' },
    { id: 'whole', name: `whole replies, of ${REPLIES}`, bound: String(REPLIES) },
    { id: 'took', name: 'time for all', unit: 's' },
  ],
  measure: (bot: Bot, setting: Setting) => inLab(bot, setting, measure),
};

async function measure(lab: Lab): Promise<Values> {
  await sleep(SETTLE_MS);
  const before = lab.bot.residentMB();
  const processorBefore = lab.bot.processorMs();
  let peak = before;
  const samples = setInterval(() => {
    peak = Math.max(peak, lab.bot.residentMB());
  }, SAMPLE_MS);
  const began = Date.now();
  let whole = 0;
  for (let wave = 0; wave < WAVES; wave++) whole += await surge(lab, wave);
  clearInterval(samples);
  return {
    processor: lab.bot.processorMs() - processorBefore,
    before,
    peak,
    whole,
    took: Date.now() - began,
  };
}

async function surge(lab: Lab, wave: number): Promise<number> {
  const asked = Array.from({ length: CHANNELS }, (_, channel) =>
    ask(lab, `load${wave}x${channel}`, SCRIPT, channel),
  );
  await Promise.all(asked.map(({ reading }) => reading.over()));
  return asked.filter(({ reading }) => reading.missing() === 0).length;
}

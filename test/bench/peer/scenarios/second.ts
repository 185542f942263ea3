import { setTimeout as sleep } from 'node:timers/promises';
import type { Bot } from '../bots/bot.ts';
import { ask, inLab, type Lab } from '../lab.ts';
import { Reading } from '../reading.ts';
import { discordThreads } from '../stages/discord.ts';
import { slackEdits, slackNative } from '../stages/slack.ts';
import type { Setting } from '../stages/stage.ts';
import { numbered } from '../text.ts';
import { between, type Scenario, type Values } from './scenario.ts';

const FIRST = { text: numbered(1_000), piece: 5, everyMs: 20 };
const SECOND = { text: numbered(500, 6_000), piece: 5, everyMs: 20 };
/** In the middle of the first reply. */
const AFTER_MS = 2_000;

/** Somebody goes on while the reply is being written. */
export const secondMessage: Scenario = {
  title: 'A second message in the middle of a reply',
  settings: [slackNative, slackEdits, discordThreads],
  rows: () => [
    { id: 'first', name: 'the first reply', bound: 'whole' },
    { id: 'second', name: 'the second reply', bound: 'whole' },
    { id: 'begins', name: "first reply's last token to the second's first text", unit: 's', bound: '0 s' },
  ],
  measure: (bot: Bot, setting: Setting) => inLab(bot, setting, measure),
};

async function measure(lab: Lab): Promise<Values> {
  const first = ask(lab, 'first', FIRST);
  await sleep(AFTER_MS);
  const writing = lab.model.plan('second', SECOND);
  const second = new Reading(lab.stage, first.conversation, writing);
  lab.stage.follow(first.conversation, 'And please give me answer-second.');
  await first.reading.over();
  await second.over();
  return {
    first: first.reading.missing() === 0 ? 'whole' : 'not whole',
    second: second.missing() === 0 ? 'whole' : 'not whole',
    begins: between(first.writing.lastAt, second.firstAt) ?? 'never',
  };
}

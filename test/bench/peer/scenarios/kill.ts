import { setTimeout as sleep } from 'node:timers/promises';
import type { Bot } from '../bots/bot.ts';
import { type Asked, ask, inLab, type Lab } from '../lab.ts';
import { Reading } from '../reading.ts';
import { discordThreads } from '../stages/discord.ts';
import { slackEdits, slackNative } from '../stages/slack.ts';
import type { Setting } from '../stages/stage.ts';
import { numbered, words } from '../text.ts';
import { between, type Scenario, type Values } from './scenario.ts';

const REPLY = { text: numbered(1_500), piece: 5, everyMs: 20 };
const NEXT = { text: numbered(100, 6_000), piece: 5, everyMs: 20 };
/** In the middle of the reply. */
const KILL_AFTER_MS = 3_000;
/** What a bot mends by itself after its start, it has mended by then. */
const LOOK_AFTER_MS = 15_000;
/** Longer than Chat SDK's lock of a thread outlives its process. */
const SILENCE_MS = 45_000;

/** The process dies in the middle of a reply and is started anew. */
export const killed: Scenario = {
  title: '`kill -9` in the middle of a reply of 300 tokens, and a new start',
  settings: [slackNative, slackEdits, discordThreads],
  rows: () => [
    { id: 'seen', name: '15 s after the new start people see' },
    { id: 'next', name: 'the next message in that thread to the first text of its answer', unit: 's' },
    { id: 'later', name: 'then the reply that broke off' },
  ],
  measure: (bot: Bot, setting: Setting) => inLab(bot, setting, measure, { isDurable: true }),
};

async function measure(lab: Lab): Promise<Values> {
  const broken = ask(lab, 'broken', REPLY);
  await sleep(KILL_AFTER_MS);
  await lab.killAndStartAgain();
  await sleep(LOOK_AFTER_MS);
  const seen = stateOf(lab, broken);
  const writing = lab.model.plan('next', NEXT);
  const next = new Reading(lab.stage, broken.conversation, writing);
  const askedAt = Date.now();
  lab.stage.follow(broken.conversation, 'Please give me answer-next.');
  await next.over(SILENCE_MS);
  return { seen, next: between(askedAt, next.firstAt) ?? 'never', later: stateOf(lab, broken) };
}

/** How much of it stands there, whether it still seems to grow, and whether anybody said that it doesn't. */
function stateOf({ stage }: Lab, { conversation, reading, writing }: Asked): string {
  const all = words(writing.text).length;
  const said = stage
    .shown(conversation)
    .flatMap((text) => text.split('\n'))
    .filter((line) => /[a-z]{3}/i.test(line) && !line.includes('[') && words(line).length === 0);
  return [
    `${Math.round((100 * (all - reading.missing())) / all)} %`,
    stage.seemsAtWork(conversation) ? 'seems at work' : 'at rest',
    ...(said.length > 0 ? [`says “${said.join(' ')}”`] : ['says nothing']),
  ].join(', ');
}

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
/** People write again when nothing comes. The third time is later than Chat SDK's lock of a thread, 30 s, lasts. */
const TRIES = 3;
const TRY_MS = 15_000;
const LOOK_MS = 20;

/** The process dies in the middle of a reply and is started anew. */
export const killed: Scenario = {
  title: '`kill -9` in the middle of a reply of 300 tokens, and a new start',
  settings: [slackNative, slackEdits, discordThreads],
  rows: () => [
    { id: 'seen', name: '15 s after the new start people see' },
    { id: 'next', name: 'the next message in that thread to the first text of its answer', unit: 's' },
    { id: 'tries', name: `how often it had to be written, once in ${TRY_MS / 1_000} s` },
    { id: 'later', name: 'then the reply that broke off' },
  ],
  measure: (bot: Bot, setting: Setting) => inLab(bot, setting, measure, { isDurable: true }),
};

async function measure(lab: Lab): Promise<Values> {
  const broken = ask(lab, 'broken', REPLY);
  await sleep(KILL_AFTER_MS);
  await lab.startAgain('SIGKILL');
  await sleep(LOOK_AFTER_MS);
  const seen = stateOf(lab, broken);
  const writing = lab.model.plan('next', NEXT);
  const next = new Reading(lab.stage, broken.conversation, writing);
  const askedAt = Date.now();
  const tries = await insist(lab, broken, () => next.firstAt !== undefined);
  await next.over();
  return { seen, next: between(askedAt, next.firstAt) ?? 'never', tries, later: stateOf(lab, broken) };
}

/** How often the next message is written until it is answered. */
async function insist(lab: Lab, { conversation }: Asked, isAnswered: () => boolean): Promise<number> {
  for (let tries = 1; tries <= TRIES; tries++) {
    lab.stage.follow(conversation, 'Please give me answer-next.');
    for (let waited = 0; waited < TRY_MS; waited += LOOK_MS) {
      if (isAnswered()) return tries;
      await sleep(LOOK_MS);
    }
  }
  return TRIES;
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

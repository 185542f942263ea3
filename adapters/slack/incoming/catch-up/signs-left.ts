import { setTimeout as sleep } from 'node:timers/promises';
import type { Absence, Bot } from '../../../../src/platform.ts';
import { conversationOf } from '../../place.ts';
import type { Activity } from '../../reply/status/activity.ts';
import { threadOf } from './threads.ts';

/** A process that died may have left a sign of work, in one of so many places used last. */
const MAX_SETTLED = 200;
/** Where one is known to be left it goes at once, in so many of them. */
const SETTLED_AT_ONCE = 20;
/** In the others it goes so many milliseconds apart, which is less than half of 50 calls a minute. */
const SETTLE_EVERY_MS = 3_000;

export interface SignsLeftOptions {
  bot: Pick<Bot, 'signOfWork'>;
  activity: Pick<Activity, 'settle'>;
  /** How long what the adapter does in a second takes, in seconds. */
  timeScale: number;
}

/** Takes signs of work away that dead processes left. Where something is answered by now they stay. Never rejects. */
export async function takeSignsAway(
  { signsLeft = [], atRest = [], progress }: Absence,
  { activity, bot, timeScale }: SignsLeftOptions,
  signal: AbortSignal,
): Promise<void> {
  const atOnce = Math.min(signsLeft.length, SETTLED_AT_ONCE);
  const threads = [...signsLeft, ...atRest].flatMap((name) => threadOf(name) ?? []).slice(0, MAX_SETTLED);
  for (const [index, thread] of threads.entries()) {
    const pause =
      index < atOnce ? undefined : sleep(SETTLE_EVERY_MS * timeScale, undefined, { signal, ref: false });
    await pause?.catch(() => {});
    if (signal.aborted) return;
    void activity.settle(thread).then((isSettled) => {
      if (!isSettled) return;
      progress?.settled(conversationOf(thread));
      bot.signOfWork(conversationOf(thread), 'gone');
    });
  }
}

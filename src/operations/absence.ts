import type { Absence } from '../platform.ts';
import type { Queue } from '../store/queue.ts';
import type { Store } from '../store/store.ts';
import type { LeftSigns } from './left-signs.ts';
import type { Presence } from './presence.ts';

/** What was written so shortly before the last process fell silent may not have come to its end there, in ms. */
const ON_ITS_WAY_MS = 60_000;

/** A turn may have taken so long, in ms, and left a sign of work that could not be taken away at once. */
const SIGN_LEFT_MS = 15 * 60_000;

/**
 * A message may be heard once more so late, in ms, by a process that shows at once that it is at work; Slack sends one
 * again after five minutes: https://docs.slack.dev/apis/events-api/#retries
 */
const HEARD_AGAIN_MS = 6 * 60_000;

/** Conversations that were used within so many milliseconds are looked at after nobody was there to hear. */
const LATELY_MS = 26 * 60 * 60 * 1_000;

export interface AbsenceOptions {
  presence: Presence;
  signs: LeftSigns;
  queue: Pick<Queue<unknown>, 'keysSince' | 'keysWaiting'>;
  replicas: Store['replicas'];
  /** How old may be what is answered after nobody was there to hear it, in ms; 0 for never. */
  catchUpMs: number;
}

/**
 * What became of a platform while nobody was there to hear people; undefined when nobody ever was, or nobody looks.
 * Rejects when the store fails.
 */
export async function absenceOn(
  platform: string,
  { presence, signs, queue, replicas, catchUpMs }: AbsenceOptions,
): Promise<Absence | undefined> {
  const taken = () => presence.taken(platform);
  const heard = await presence.lastHeard(platform);
  if (heard === undefined || catchUpMs === 0) {
    taken();
    return undefined;
  }
  const now = Date.now();
  const [progress, used, latest, waiting] = await Promise.all([
    presence.progress(platform),
    queue.keysSince(now - LATELY_MS),
    queue.keysSince(heard - SIGN_LEFT_MS),
    queue.keysWaiting(),
  ]);
  const isWaiting = new Set(waiting);
  const atRest = [...latest].filter(([key]) => !isWaiting.has(key));
  const left = await signs.among(atRest.map(([key]) => key));
  const others = atRest.filter(([key]) => !left.has(key));
  const settledAfterMs = ([key, at]: [string, number]) => (progress.settledAt(key) ?? 0) - at;
  const among = (least: number, most: number) =>
    others.filter((one) => settledAfterMs(one) > least && settledAfterMs(one) <= most).map(([key]) => key);
  const unheardUntil = (signal: AbortSignal) => presence.unheardUntil(platform, signal);
  return {
    since: Math.max(heard - ON_ITS_WAY_MS, now - catchUpMs),
    conversations: [...used.keys()],
    signsLeft: [...left],
    atRest: [...among(Number.NEGATIVE_INFINITY, 0), ...among(0, HEARD_AGAIN_MS)],
    ...(replicas.count > 1 && { unheardUntil }),
    progress,
    taken,
  };
}

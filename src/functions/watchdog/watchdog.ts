import { Worker } from 'node:worker_threads';

/** Between two signs of life of this thread while it is watched, in ms. */
const BEAT_MS = 250;

/**
 * A thread that gives no sign of life while the process uses so much of a processor, in ms, computes without end: nothing of
 * ours takes a tenth of that. On a machine that lets it wait, time alone says nothing.
 */
const ALARM_MS = 8_000;

/** What this thread shares with its watchdog: how often it was alive, how much of it is watched, and what is too long. */
const BEATS = 0;
const GUARDED = 1;
const ALARM = 2;
const beats = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT));

/** The watchdog needs little more than a thread; V8 takes what it may. In MB. */
const LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1, codeRangeSizeMb: 16 };

/** How much each that is watched may use without a sign of life, in ms. */
let limits: readonly { readonly ms: number }[] = [];
let isGuarded = false;
let timer: NodeJS.Timeout | undefined;

/**
 * Watches this thread until it is disposed of: code of the team that computes without end, and so stops everything here, is
 * ended after a while. What it was to give back then never comes, which is for time limits.
 * @param allowedMs Its own time limit, where that is shorter. Of several that are watched the shortest counts, while it is.
 */
export function watched(allowedMs = ALARM_MS): Disposable {
  const limit = { ms: Math.min(allowedMs, ALARM_MS) };
  guard([...limits, limit]);
  if (!isGuarded) start();
  timer ??= setInterval(() => Atomics.add(beats, BEATS, 1), BEAT_MS).unref();
  return {
    [Symbol.dispose]: () => {
      guard(limits.filter((other) => other !== limit));
      if (limits.length > 0) return;
      clearInterval(timer);
      timer = undefined;
    },
  };
}

/** To begin and to end something is a sign of life, too: what is short may come without a beat between. */
function guard(all: typeof limits): void {
  limits = all;
  Atomics.add(beats, BEATS, 1);
  Atomics.store(beats, ALARM, Math.min(...all.map(({ ms }) => ms), ALARM_MS));
  Atomics.store(beats, GUARDED, all.length);
  Atomics.notify(beats, GUARDED);
}

/** It ends by itself when nothing is watched for long. A bot whose system has no room for it works, too. */
function start(): void {
  isGuarded = true;
  const workerData = { beats, BEATS, GUARDED, ALARM };
  const guard = new Worker(new URL('./guard.js', import.meta.url), { workerData, resourceLimits: LIMITS });
  const ended = () => {
    isGuarded = false;
  };
  guard
    .on('error', () => {})
    .on('exit', ended)
    .unref();
}

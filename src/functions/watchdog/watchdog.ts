import { Worker } from 'node:worker_threads';

/** Between two signs of life of this thread while it is watched, in ms. */
const BEAT_MS = 250;

/** What this thread shares with its watchdog: how often it was alive, and how much of it is watched. */
const BEATS = 0;
const GUARDED = 1;
const beats = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));

/** The watchdog needs little more than a thread; V8 takes what it may. In MB. */
const LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1, codeRangeSizeMb: 16 };

let isGuarded = false;
let timer: NodeJS.Timeout | undefined;

/**
 * Watches this thread until it is disposed of: code of the team that computes without end, and so stops everything here, is
 * ended after a while. What it was to give back then never comes, which is for time limits.
 */
export function watched(): Disposable {
  Atomics.add(beats, GUARDED, 1);
  Atomics.notify(beats, GUARDED);
  if (!isGuarded) start();
  timer ??= setInterval(() => Atomics.add(beats, BEATS, 1), BEAT_MS).unref();
  return {
    [Symbol.dispose]: () => {
      if (Atomics.sub(beats, GUARDED, 1) > 1) return;
      clearInterval(timer);
      timer = undefined;
    },
  };
}

/** It ends by itself when nothing is watched for long. A bot whose system has no room for it works, too. */
function start(): void {
  isGuarded = true;
  const workerData = { beats, BEATS, GUARDED };
  const guard = new Worker(new URL('./guard.js', import.meta.url), { workerData, resourceLimits: LIMITS });
  const ended = () => {
    isGuarded = false;
  };
  guard
    .on('error', () => {})
    .on('exit', ended)
    .unref();
}

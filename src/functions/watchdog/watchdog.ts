import { Worker } from 'node:worker_threads';
import { BEATS, GUARDED } from './beats.ts';

/** Between two signs of life of this thread while it is watched, in ms. */
const BEAT_MS = 250;

const beats = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
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
  isGuarded = true;
  timer ??= setInterval(() => Atomics.add(beats, BEATS, 1), BEAT_MS).unref();
  return {
    [Symbol.dispose]: () => {
      if (Atomics.sub(beats, GUARDED, 1) > 1) return;
      clearInterval(timer);
      timer = undefined;
    },
  };
}

/** A bot whose system has no room for it works, too. */
function start(): void {
  new Worker(new URL('./guard.ts', import.meta.url), { workerData: { beats } }).on('error', () => {}).unref();
}

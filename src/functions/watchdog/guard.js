import { Session } from 'node:inspector';
import { workerData } from 'node:worker_threads';

// No TypeScript, since to take types away would cost this thread 20 MB.

/** A thread that gives no sign of life for so long computes without end, in ms: nothing of ours takes a tenth of that. */
const ALARM_MS = 8_000;

/** Between two looks, in ms. */
const LOOK_MS = 500;

/** The memory of a thread is worth more than its start, from here on; in ms. */
const IDLE_MS = 60_000;

/** @type {{ beats: Int32Array, BEATS: number, GUARDED: number }} */
const { beats, BEATS, GUARDED } = workerData;

/** https://chromedevtools.github.io/devtools-protocol/tot/Runtime/#method-terminateExecution */
function endWhatRuns() {
  const session = new Session();
  session.connectToMainThread();
  session.post('Runtime.terminateExecution', () => session.disconnect());
}

/**
 * Sleeps while nothing is watched, and ends when that is so for long.
 * @param {number} last
 * @param {number} silentMs
 */
function look(last, silentMs) {
  if (Atomics.load(beats, GUARDED) === 0) {
    if (Atomics.wait(beats, GUARDED, 0, IDLE_MS) !== 'timed-out') look(Atomics.load(beats, BEATS), 0);
    return;
  }
  const now = Atomics.load(beats, BEATS);
  const silent = now === last ? silentMs + LOOK_MS : 0;
  if (silent >= ALARM_MS) endWhatRuns();
  setTimeout(look, LOOK_MS, now, silent >= ALARM_MS ? 0 : silent);
}

look(Atomics.load(beats, BEATS), 0);

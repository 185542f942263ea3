import { Session } from 'node:inspector';
import { workerData } from 'node:worker_threads';

// No TypeScript, since to take types away would cost this thread 20 MB.

/** One that is silent for so long is given up whatever it does, in ms. */
const BLOCKED_MS = 60_000;

/** Between two looks, in ms. */
const LOOK_MS = 500;

/** The memory of a thread is worth more than its start, from here on; in ms. */
const IDLE_MS = 60_000;

/** @type {{ beats: Int32Array, BEATS: number, GUARDED: number, ALARM: number }} */
const { beats, BEATS, GUARDED, ALARM } = workerData;

/** https://chromedevtools.github.io/devtools-protocol/tot/Runtime/#method-terminateExecution */
function endWhatRuns() {
  const session = new Session();
  session.connectToMainThread();
  session.post('Runtime.terminateExecution', () => session.disconnect());
}

/** How much of a processor this process has used, in ms. */
function used() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** @typedef {{ beat: number, at: number, used: number }} Sign the last sign of life, and when it was seen */

/** @returns {Sign} */
function sign() {
  return { beat: Atomics.load(beats, BEATS), at: performance.now(), used: used() };
}

/** @param {Sign} last */
function isEndless(last) {
  return used() - last.used >= Atomics.load(beats, ALARM) || performance.now() - last.at >= BLOCKED_MS;
}

/**
 * Sleeps while nothing is watched, and ends when that is so for long.
 * @param {Sign} last
 */
function look(last) {
  if (Atomics.load(beats, GUARDED) === 0) {
    if (Atomics.wait(beats, GUARDED, 0, IDLE_MS) !== 'timed-out') look(sign());
    return;
  }
  const isSilent = Atomics.load(beats, BEATS) === last.beat;
  const isOver = isSilent && isEndless(last);
  if (isOver) endWhatRuns();
  setTimeout(look, LOOK_MS, isSilent && !isOver ? last : sign());
}

look(sign());

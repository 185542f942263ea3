import { Session } from 'node:inspector';
import { workerData } from 'node:worker_threads';
import { ALARM_MS, BEATS, GUARDED } from './beats.ts';

/** Between two looks, in ms. */
const LOOK_MS = 500;

const beats: Int32Array = workerData.beats;

/** https://chromedevtools.github.io/devtools-protocol/tot/Runtime/#method-terminateExecution */
function endWhatRuns(): void {
  const session = new Session();
  session.connectToMainThread();
  session.post('Runtime.terminateExecution', () => session.disconnect());
}

/** Sleeps while nothing is watched. */
function look(last: number, silentMs: number): void {
  if (Atomics.load(beats, GUARDED) === 0) {
    Atomics.wait(beats, GUARDED, 0);
    look(Atomics.load(beats, BEATS), 0);
    return;
  }
  const now = Atomics.load(beats, BEATS);
  const silent = now === last ? silentMs + LOOK_MS : 0;
  if (silent >= ALARM_MS) endWhatRuns();
  setTimeout(look, LOOK_MS, now, silent >= ALARM_MS ? 0 : silent);
}

look(Atomics.load(beats, BEATS), 0);

import { inSeconds } from '../figure.ts';
import { LATENCY_MS, withinLimit } from './clairvoyant.ts';
import { type Load, type Run, writtenBy } from './load.ts';

/** Milliseconds between two moments that are tried for a window's beginning. */
const STEP_MS = 10;

const NO_RUN: Run = { from: 0, until: 0 };

/** Milliseconds between two moments at which runs end. */
const MOMENT_MS = 20;

/** Whether messages that get whole go first. */
const WHOLES = [1, 1_000];

/** How many milliseconds after their runs the last reply's last edit is visible, at best. */
export interface EndBounds {
  /** For one who knows when the runs end, and lets a window of the platform begin in time for it. */
  known: number;
  /** For one who does not, at the moment that suits them least. */
  worst: number;
  /** The same on the average over all moments. */
  mean: number;
}

/**
 * The best possible ends of runs that are over at the same moment, when there are more of them than calls in a window.
 * Who knows the moment lets one window end and the next begin there. Who does not know it has one of two things: no
 * window is open, so some calls go at once and the others a whole window later; or one is open, so those that find no
 * place wait for its end, which is a whole window away if it has just begun, and half of one on the average. Played for
 * every number of places that is kept for ends, and for moments all over a window.
 */
export function endBounds(load: Load): EndBounds {
  const { calls, perMs } = load.limit;
  const loads = Array.from({ length: perMs / MOMENT_MS }, (_, moment) =>
    endingLater(load, moment * MOMENT_MS),
  );
  const ways = WHOLES.flatMap((whole) =>
    Array.from({ length: calls }, (_, kept) => loads.map((ending) => unknownEnd(ending, kept, whole))),
  );
  return {
    known: knownEnd(load),
    worst: Math.min(...ways.map((ends) => Math.max(...ends))),
    mean: Math.min(...ways.map(mean)),
  };
}

export function endingLater(load: Load, ms: number): Load {
  return { ...load, runs: load.runs.map((run) => ({ ...run, until: run.until + ms })) };
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** An end beside the best possible one. */
export function toPlanner(ms: number, planner: number): string {
  return `${inSeconds(ms)} (planner ${inSeconds(planner)}, ratio ${(ms / planner).toFixed(2)})`;
}

/** A call before the ends may open a window that closes when they come. */
function knownEnd(load: Load): number {
  const until = Math.max(...load.runs.map((run) => run.until));
  const ends = load.runs.map((_, run) => ({ at: until + LATENCY_MS, run }));
  const openers = Array.from({ length: load.limit.perMs / STEP_MS }, (_, step) => until - step * STEP_MS);
  const lasts = openers.map((at) =>
    Math.max(...withinLimit(load, [{ at, run: 0 }, ...ends]).map((call) => call.at)),
  );
  return Math.min(...lasts) - until;
}

/** When windows follow each other, so many places of each are kept, and all others show what is most out of date. */
function unknownEnd(
  { newServer, limit, runs, messageCharacters }: Load,
  kept: number,
  whole: number,
): number {
  const server = newServer();
  const until = Math.max(...runs.map((run) => run.until));
  const shown = runs.map(() => 0);
  const fullAt = (index: number) =>
    (Math.floor((shown[index] ?? 0) / messageCharacters) + 1) * messageCharacters;
  const worth = (run: Run, index: number, at: number) => {
    const written = writtenBy(run, at);
    return (written - (shown[index] ?? 0)) * (written >= fullAt(index) ? whole : 1);
  };
  const show = (index: number, at: number) => {
    shown[index] = Math.min(writtenBy(runs[index] ?? NO_RUN, at), fullAt(index));
  };
  for (let at = 0; at < until; at += limit.perMs / (limit.calls - kept)) {
    const worths = runs.map((run, index) => worth(run, index, at));
    if (server.call(at).retryAfterMs === undefined) show(worths.indexOf(Math.max(...worths)), at);
  }
  let now = until;
  for (const [index, run] of runs.entries())
    do {
      const { retryAfterMs = 0 } = server.call(now);
      now += retryAfterMs;
      if (retryAfterMs > 0) server.call(now);
      show(index, now);
    } while ((shown[index] ?? 0) < writtenBy(run, until));
  return now - until + LATENCY_MS;
}

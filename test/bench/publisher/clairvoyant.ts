import { LATENCY, type Load, type Run, TOKEN_MS, writtenBy } from './load.ts';

const LATENCY_MS = (LATENCY.least + LATENCY.most) / 2;

/** A call that the platform takes at `at`; without a run, for the reply that is most out of date then. */
interface Planned {
  at: number;
  run?: number;
}

/** Paces that are tried, each so much slower than the one before. */
const SLOWER = 1.15;

/**
 * The staleness that remains when somebody plans the calls who knows the platform's limit and when every run begins
 * and ends: first texts and last edits as soon as the limit allows it, and between them edits at an even pace, where
 * they leave room for those, each for the reply that is most out of date. The best pace counts.
 * @param quickest The least milliseconds between such edits. Less than the limit divided evenly is only possible for
 *   somebody who knows that all runs are over before the room is used up.
 */
export function leastStaleness(load: Load, quickest: number): number {
  const essential = withinLimit(load, essentialCalls(load));
  const end = Math.max(...load.runs.map(({ until }) => until)) + LATENCY_MS;
  let least = stalenessAfter(load, essential);
  for (let pace = quickest; pace < end; pace *= SLOWER)
    least = Math.min(least, stalenessAfter(load, withEdits(load, essential, every(pace, end))));
  return least;
}

function withEdits(load: Load, essential: Planned[], edits: Planned[]): Planned[] {
  const calls = [...essential];
  for (const edit of edits) if (fits(load, [...calls, edit])) calls.push(edit);
  return calls;
}

function essentialCalls({ runs, countsFirstTexts, countsLastEdits }: Load): Planned[] {
  return runs.flatMap(({ from, until }, run) => [
    ...(countsFirstTexts ? [{ at: from + TOKEN_MS + LATENCY_MS, run }] : []),
    ...(countsLastEdits ? [{ at: until + LATENCY_MS, run }] : []),
  ]);
}

function every(pace: number, end: number): Planned[] {
  return Array.from({ length: Math.max(0, Math.ceil(end / pace) - 1) }, (_, index) => ({
    at: (index + 1) * pace,
  }));
}

/** The calls, put off for as long as the platform refuses them. */
function withinLimit({ newServer }: Load, calls: Planned[]): Planned[] {
  const server = newServer();
  return inOrder(calls).map((call) => {
    const { retryAfterMs = 0 } = server.call(call.at);
    if (retryAfterMs > 0) server.call(call.at + retryAfterMs);
    return { ...call, at: call.at + retryAfterMs };
  });
}

function fits({ newServer }: Load, calls: Planned[]): boolean {
  const server = newServer();
  return inOrder(calls).every(({ at }) => server.call(at).retryAfterMs === undefined);
}

function inOrder(calls: Planned[]): Planned[] {
  return calls.toSorted((a, b) => a.at - b.at);
}

function stalenessAfter(load: Load, calls: Planned[]): number {
  const { runs } = load;
  const waiting = inOrder(calls);
  const shown = runs.map(() => 0);
  const last = Math.max(...calls.map(({ at }) => at), ...runs.map(({ until }) => until + LATENCY_MS));
  let missing = 0;
  for (let now = 0; now <= last + TOKEN_MS; now += TOKEN_MS) {
    const sent = runs.map((run) => writtenBy(run, now - LATENCY_MS));
    runs.forEach((run, index) => {
      if (isFree(load, run, now, shown[index])) shown[index] = sent[index] ?? 0;
    });
    for (; waiting[0] && waiting[0].at <= now; waiting.shift()) {
      const run = waiting[0].run ?? mostOutOfDate(sent, shown, load.countsFirstTexts);
      shown[run] = sent[run] ?? 0;
    }
    runs.forEach((run, index) => {
      missing += (writtenBy(run, now - TOKEN_MS) - (shown[index] ?? 0)) * TOKEN_MS;
    });
  }
  return missing / runs.reduce((sum, { from, until }) => sum + until - from, 0);
}

/** Whether the reply is shown by a call that draws on no limit. */
function isFree(load: Load, { until }: Run, now: number, shown: number | undefined): boolean {
  return (shown === 0 && !load.countsFirstTexts) || (now >= until + LATENCY_MS && !load.countsLastEdits);
}

/** Of those that stand on the platform already. */
function mostOutOfDate(sent: number[], shown: number[], countsFirstTexts: boolean): number {
  const behind = shown.map((characters, run) =>
    characters === 0 && countsFirstTexts ? -1 : (sent[run] ?? 0) - characters,
  );
  return behind.indexOf(Math.max(...behind));
}

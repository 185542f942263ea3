import { LATENCY, type Load, type Run, TOKEN_MS, writtenBy } from './load.ts';

/** Of a call on its way, in milliseconds. */
export const LATENCY_MS = (LATENCY.least + LATENCY.most) / 2;

/** A call for one run that the platform takes at `at`. */
export interface Planned {
  at: number;
  run: number;
}

/** How edits are chosen between first texts and last edits. */
interface Plan {
  /** Milliseconds between two edits. */
  pace: number;
  /** The fewest characters that an edit is made for, unless it makes a message whole. */
  least: number;
  /** A call after which a message is whole counts as much as so many others. */
  whole: number;
}

/** Paces that are tried, each so much slower than the one before. */
const SLOWER = 1.15;

/** Shares of a message that are tried as what an edit has to bring. */
const SHARES = [1 / 4, 1 / 3, 1 / 2, 2 / 3, 1];

/** Whether messages that get whole go first. */
const WHOLES = [1, 1_000];

/**
 * The staleness that remains when somebody plans the calls who knows the platform's limits and when every run begins
 * and ends: first texts and last edits as soon as the limit allows it, and between them edits, where they leave room
 * for those, each for the reply that is most out of date. They come at an even pace, or, where replies are longer than
 * a message, whenever they bring a good share of one. The best plan counts.
 * @param quickest The least milliseconds between edits at an even pace. Less than the limit divided evenly is only
 *   possible for somebody who knows that all runs are over before the room is used up.
 */
export function leastStaleness(load: Load, quickest: number): number {
  const essential = withinLimit(load, essentialCalls(load));
  return Math.min(...plans(load, quickest).map((plan) => stalenessAfter(load, essential, plan)));
}

function plans(load: Load, quickest: number): Plan[] {
  const { runs, messageCharacters } = load;
  const end = Math.max(...runs.map(({ until }) => until)) + LATENCY_MS;
  const isLong = runs.some((run) => writtenBy(run, run.until) > messageCharacters);
  const wholes = isLong ? WHOLES : [1];
  const paces = [end];
  for (let pace = quickest; pace < end; pace *= SLOWER) paces.push(pace);
  const steady = paces.map((pace) => ({ pace, least: 0 }));
  const shares = isLong ? SHARES.map((share) => ({ pace: TOKEN_MS, least: messageCharacters * share })) : [];
  return [...steady, ...shares].flatMap((plan) => wholes.map((whole) => ({ ...plan, whole })));
}

function essentialCalls({ runs, countsFirstTexts, countsLastEdits }: Load): Planned[] {
  return runs.flatMap(({ from, until }, run) => [
    ...(countsFirstTexts ? [{ at: from + TOKEN_MS + LATENCY_MS, run }] : []),
    ...(countsLastEdits ? [{ at: until + LATENCY_MS, run }] : []),
  ]);
}

/** The calls, put off for as long as the platform refuses them. */
export function withinLimit({ newServer }: Load, calls: Planned[]): Planned[] {
  const server = newServer();
  return calls
    .toSorted((a, b) => a.at - b.at)
    .map((call) => {
      const { retryAfterMs = 0 } = server.call(call.at);
      if (retryAfterMs > 0) server.call(call.at + retryAfterMs);
      return { ...call, at: call.at + retryAfterMs };
    })
    .toSorted((a, b) => a.at - b.at);
}

function stalenessAfter(load: Load, essential: Planned[], plan: Plan): number {
  const { runs } = load;
  const state = new Planner(load, essential, plan);
  let missing = 0;
  for (let now = 0; !state.isOver; now += TOKEN_MS) {
    state.goTo(now);
    runs.forEach((run, index) => {
      missing += (writtenBy(run, now - TOKEN_MS) - (state.shown[index] ?? 0)) * TOKEN_MS;
    });
  }
  return missing / runs.reduce((sum, { from, until }) => sum + until - from, 0);
}

/** What people see of each run while the calls of a plan are made. */
class Planner {
  readonly shown: number[];
  readonly #load: Load;
  readonly #plan: Plan;
  readonly #upcoming: Planned[];
  readonly #made: number[] = [];
  #sent: number[] = [];
  #editAt: number;

  constructor(load: Load, essential: Planned[], plan: Plan) {
    this.shown = load.runs.map(() => 0);
    this.#load = load;
    this.#plan = plan;
    this.#upcoming = [...essential];
    this.#editAt = plan.pace;
  }

  get isOver(): boolean {
    const { runs } = this.#load;
    return (
      this.#upcoming.length === 0 &&
      runs.every((run, index) => this.shown[index] === writtenBy(run, run.until))
    );
  }

  goTo(now: number): void {
    const { runs } = this.#load;
    this.#sent = runs.map((run) => writtenBy(run, now - LATENCY_MS));
    runs.forEach((run, index) => {
      if (this.#isFree(run, now, index)) this.shown[index] = this.#sent[index] ?? 0;
    });
    for (let next = this.#upcoming[0]; next && next.at <= now; next = this.#upcoming[0]) {
      this.#upcoming.shift();
      this.#call(next.at, next.run);
    }
    for (const [index] of runs.entries())
      while (this.#isLeft(index, now) && this.#hasRoom(now)) this.#call(now, index);
    for (; this.#editAt <= now; this.#editAt += this.#plan.pace) this.#edit(this.#editAt);
  }

  #edit(at: number): void {
    const worths = this.shown.map((_, index) => this.#worth(index));
    const most = Math.max(...worths);
    if (most > 0 && this.#hasRoom(at)) this.#call(at, worths.indexOf(most));
  }

  /** Of a call for a reply that stands on the platform already; 0 for one that is not to be made. */
  #worth(index: number): number {
    const [sent, shown] = [this.#sent[index] ?? 0, this.shown[index] ?? 0];
    const isWhole = sent >= this.#fullAt(shown);
    if (shown === 0 && this.#load.countsFirstTexts) return 0;
    if (!isWhole && sent - shown < this.#plan.least) return 0;
    return (sent - shown) * (isWhole ? this.#plan.whole : 1);
  }

  #call(at: number, index: number): void {
    this.#made.push(at);
    const shown = this.shown[index] ?? 0;
    this.shown[index] = Math.min(this.#sent[index] ?? 0, this.#fullAt(shown));
  }

  /** The characters at which the message ends that a call changes. */
  #fullAt(shown: number): number {
    const { messageCharacters } = this.#load;
    return (Math.floor(shown / messageCharacters) + 1) * messageCharacters;
  }

  /** Whether the reply's last edit was not its last call, because there was more than one message could take. */
  #isLeft(index: number, now: number): boolean {
    const until = this.#load.runs[index]?.until ?? 0;
    const isEnding = now >= until + LATENCY_MS && !this.#upcoming.some(({ run }) => run === index);
    return isEnding && (this.shown[index] ?? 0) < (this.#sent[index] ?? 0);
  }

  /** Whether a call may be made that leaves room for the first texts and last edits to come. */
  #hasRoom(at: number): boolean {
    const server = this.#load.newServer();
    const calls = [...this.#made, at, ...this.#upcoming.map((call) => call.at)];
    return calls.every((time) => server.call(time).retryAfterMs === undefined);
  }

  /** Whether the reply is shown by a call that draws on no limit. */
  #isFree({ until }: Run, now: number, index: number): boolean {
    const { countsFirstTexts, countsLastEdits } = this.#load;
    return (this.shown[index] === 0 && !countsFirstTexts) || (now >= until + LATENCY_MS && !countsLastEdits);
  }
}

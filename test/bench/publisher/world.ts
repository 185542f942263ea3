import { pino } from 'pino';
import { type Call, RateLimited, type Reply, unlimited } from '../../../src/platform.ts';
import { Publisher } from '../../../src/reply/publisher/publisher.ts';
import { RateBudget } from '../../../src/reply/publisher/rate-budget.ts';
import { emptyTranscript, fold, type Transcript } from '../../../src/reply/transcript/transcript.ts';
import type { Limits, View } from '../../../src/view.ts';
import type { StrictServer } from '../../reply/publisher/strict-server.ts';
import { VirtualClock } from '../../reply/publisher/virtual-clock.ts';
import { LATENCY, type Load, type Run, randomNumbers, TOKEN, TOKEN_MS, writtenBy } from './load.ts';

/** For so long after the last run's end, in milliseconds, its last edit may take. */
const LONGEST_DELAY_MS = 300_000;

/** What people and the platform saw of a load. */
export interface Played {
  /** When calls were refused. */
  refusals: number[];
  calls: number;
  /** When each run ended, and how many milliseconds later its last edit was visible. */
  ends: { at: number; delay: number }[];
  /** Characters written but not shown, on the average over the time of all runs. */
  staleness: number;
}

/** The platform, as far away as platforms are. */
class Platform {
  readonly refusals: number[] = [];
  calls = 0;
  readonly #server: StrictServer;
  readonly #clock: VirtualClock;
  readonly #random = randomNumbers(1);

  constructor(server: StrictServer, clock: VirtualClock) {
    this.#server = server;
    this.#clock = clock;
  }

  /** @param isFree Whether the call draws on no limit. */
  async call(isFree: boolean, budget: RateBudget, whenTaken: () => void): Promise<void> {
    this.calls++;
    await this.#way();
    const now = this.#clock.now();
    const { retryAfterMs, told } = isFree ? {} : this.#server.call(now);
    if (retryAfterMs === undefined) whenTaken();
    else this.refusals.push(now);
    await this.#way();
    if (told) budget.learn(told);
    if (retryAfterMs !== undefined) throw new RateLimited(retryAfterMs);
  }

  #way(): Promise<void> {
    const ms = LATENCY.least + this.#random() * (LATENCY.most - LATENCY.least);
    return new Promise((resolve) => this.#clock.after(ms, resolve));
  }
}

/** A reply in messages that are posted once and then edited; the next one follows when one is full. */
class EditedReply implements Reply {
  readonly limits: Limits;
  readonly close: () => void;
  endedAt: number | undefined;
  /** The source of each message as people see it. */
  readonly #messages: string[] = [];
  readonly #load: Load;
  readonly #platform: Platform;
  readonly #budget: RateBudget;
  readonly #clock: VirtualClock;

  constructor(load: Load, platform: Platform, budget: RateBudget, clock: VirtualClock) {
    this.limits = { characters: load.messageCharacters, tables: 'markdown' };
    this.#load = load;
    this.#platform = platform;
    this.#budget = budget;
    this.#clock = clock;
    this.close = load.countsLastEdits ? budget.hold() : () => {};
  }

  get shown(): number {
    return this.#messages.reduce((sum, source) => sum + source.length, 0);
  }

  next({ parts, outcome }: View): Call | undefined {
    const index = parts.findIndex(({ source }, at) => source !== this.#messages[at]);
    if (index < 0 && (!outcome || this.endedAt !== undefined)) return undefined;
    const isLast = outcome !== undefined && (index < 0 || index === parts.length - 1);
    const isFree = isLast
      ? !this.#load.countsLastEdits
      : this.#messages.length === 0 && !this.#load.countsFirstTexts;
    const send = () =>
      this.#platform.call(isFree, this.#budget, () => {
        if (index >= 0) this.#messages[index] = parts[index]?.source ?? '';
        if (isLast) this.endedAt = this.#clock.now();
      });
    return { budget: isFree ? unlimited : this.#budget, shows: index < 0 ? parts.length : index + 1, send };
  }
}

/** Plays a load with real publishers and a real budget, in time that passes only where something happens. */
export async function play(load: Load): Promise<Played> {
  const clock = new VirtualClock();
  const platform = new Platform(load.newServer(), clock);
  const budget = new RateBudget({ name: load.name, limit: load.limit, clock });
  const shows: Show[] = [];
  for (const run of load.runs)
    clock.after(run.from, () =>
      shows.push(new Show(run, new EditedReply(load, platform, budget, clock), clock)),
    );
  await clock.runUntil(Math.max(...load.runs.map(({ until }) => until)) + LONGEST_DELAY_MS);
  const missing = shows.reduce((sum, show) => sum + show.missing, 0);
  const time = load.runs.reduce((sum, { from, until }) => sum + until - from, 0);
  return {
    refusals: platform.refusals,
    calls: platform.calls,
    ends: shows.map(({ run, delay }) => ({ at: run.until, delay })),
    staleness: missing / time,
  };
}

/** A run that is shown while it goes on. */
class Show {
  readonly run: Run;
  /** Characters written but not shown, times the milliseconds for which they were. */
  missing = 0;
  readonly #reply: EditedReply;
  readonly #publisher: Publisher;
  readonly #clock: VirtualClock;

  constructor(run: Run, reply: EditedReply, clock: VirtualClock) {
    this.run = run;
    this.#reply = reply;
    this.#publisher = new Publisher(reply, { toolCall: () => undefined }, pino({ level: 'silent' }), {
      clock,
    });
    this.#clock = clock;
    clock.after(TOKEN_MS, () => this.#tick());
  }

  get delay(): number {
    return (this.#reply.endedAt ?? Number.POSITIVE_INFINITY) - this.run.until;
  }

  #tick(): void {
    const now = this.#clock.now();
    this.missing += Math.max(0, writtenBy(this.run, now - TOKEN_MS) - this.#reply.shown) * TOKEN_MS;
    if (now <= this.run.until) this.#publisher.update(transcript(this.run, now));
    if (now === this.run.until) void this.#publisher.finish({ status: 'completed' });
    if (this.#reply.endedAt === undefined) this.#clock.after(TOKEN_MS, () => this.#tick());
  }
}

function transcript(run: Run, now: number): Transcript {
  const value = TOKEN.repeat(writtenBy(run, now) / TOKEN.length);
  const delta = { content: [{ index: 0, type: 'text' as const, text: { value } }] };
  const data = { id: 'm', object: 'thread.message.delta' as const, delta };
  return fold(emptyTranscript, { event: 'thread.message.delta', data });
}

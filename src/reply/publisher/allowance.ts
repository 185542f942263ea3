import type { ClaimedRoom } from '../../budget.ts';
import { BelievedLimit, type RateLimit } from './believed-limit.ts';

/** What a platform tells in the headers of an answer. */
export interface ToldLimit {
  limit: number;
  /** Calls left, of `limit`. */
  remaining: number;
  /** Milliseconds until all of `limit` are there again. */
  resetAfterMs: number;
}

/** A call that uses up a place. */
interface Counted {
  /** When it stops counting. */
  readonly until: number;
  /** Whether `until` comes from the platform; before that it is a guess. */
  readonly isAnswered: boolean;
  /** It came with a share that has grown: another process may have made it. */
  readonly isGained?: true;
}

/** A call may be under way for longer than the next one, so calls count for longer than the platform's window. */
const MARGIN = 1 / 20;
const LONGEST_MARGIN_MS = 1_000;

/**
 * For how long replies go on, as a rule: so far ahead the room is spread evenly. Shorter, and a long reply would fall
 * silent after a quick beginning; longer, and most would be over before half of the room was used. Of a window that is
 * shorter, only the share of replies that will end within it needs room for that.
 */
const HORIZON_MS = 30_000;

/** What is kept for a mere share of an end may as well come back so soon: nobody minds a second at a reply's end. */
const PATIENCE_MS = 1_000;

/**
 * So long before all calls come back together, as the platform has told, nothing is kept any longer: it would be lost
 * with the window. Enough for an answer and the next call to be on their way, so that it arrives before the window ends;
 * longer, and more ends would find the place taken and wait for one more window.
 */
const LAST_CHANCE_MS = 250;

/** The most of all calls that is kept for first texts and last edits, so that what is shown still grows when many write at once. */
const MOST_KEPT = 2 / 3;

/**
 * The part of all calls that a process may try at once which goes on where another died, whatever that has used: enough
 * for the replies that a crash interrupts as a rule. More, and after a storm of crashes they are refused, which may close
 * a method for a whole window.
 */
const TRIED_AT_ONCE = 1 / 5;

/** For a refusal that doesn't say for how long. */
const UNTOLD_PAUSE_MS = 1_000;

/**
 * How many calls may go and when: never more than the limit within any window, wherever the platform lets its
 * windows begin. Knows nothing of who calls, nor of timers: every method is told the time, in milliseconds.
 */
export class Allowance {
  readonly #limit: BelievedLimit;
  /** The calls that still count, by when they stop counting, earliest first. */
  #counted: Counted[] = [];
  #held = 0;
  #pacedAt = Number.NEGATIVE_INFINITY;
  #closedUntil = Number.NEGATIVE_INFINITY;
  /** Until when calls may count that a process made before this one began. */
  readonly #inheritsUntil: number;
  #hasInherited = false;

  constructor(limit: RateLimit, now: number) {
    this.#inheritsUntil = now + limit.perMs;
    this.#limit = new BelievedLimit(limit);
  }

  /** What the platform is believed to take at the moment. */
  get limit(): RateLimit {
    const { calls, perMs } = this.#limit;
    return { calls, perMs };
  }

  /** For how many milliseconds a call counts. */
  get lifeMs(): number {
    return lifeOf(this.#limit.perMs);
  }

  /** The share of the calls that is used up or kept for replies that are open; from 0. */
  fullness(now: number): number {
    this.#update(now);
    return (this.#counted.length + this.#held) / this.#limit.calls;
  }

  /** Whether nothing would be forgotten with it. */
  isFresh(now: number): boolean {
    this.#update(now);
    const isBelieved = this.#limit.isWhole && this.#closedUntil <= now;
    return isBelieved && this.#counted.length === 0 && this.#held === 0;
  }

  /** 0 when a call may go now, or the milliseconds until it is worth asking again. */
  wait(room: ClaimedRoom, now: number): number {
    this.#update(now);
    return Math.max(0, this.#openAt(room, now) - now, this.#closedUntil - now);
  }

  #openAt(room: ClaimedRoom, now: number): number {
    const all = this.#roomAt(this.#limit.calls, now);
    if (room === 'all') return all;
    return Math.max(all, Math.min(this.#sharedAt(room, now), this.#lastChance));
  }

  /** Counts a call. One that takes a last chance does not put off the next. */
  take(room: ClaimedRoom, now: number): void {
    if (room !== 'all' && this.#sharedAt(room, now) <= now) this.#pacedAt = now;
    this.#count({ until: now + this.lifeMs, isAnswered: false });
  }

  /** Goes on with a stricter limit, whose window is no longer: what was called before counts by it, too. */
  restrict(limit: RateLimit, now: number): void {
    this.#change(() => this.#limit.adopt(limit), now);
  }

  /** Goes on with what one of so many processes may use of the limit. */
  share(count: number, now: number): void {
    this.#change(() => this.#limit.divide(count), now);
  }

  /**
   * What others had until now they may have used up: it is there once their calls count no longer. It goes with what it came
   * with where the share grows less again: or else, as others end and begin, nothing would be left.
   */
  #change(change: () => number, now: number): void {
    const before = this.lifeMs;
    const gained = change();
    const later = this.lifeMs - before;
    this.#counted = this.#counted.map((call) => ({ ...call, until: call.until + later }));
    this.#update(now);
    for (let more = 0; more < gained; more++)
      this.#count({ until: now + this.lifeMs, isAnswered: true, isGained: true });
    for (let less = gained; less < 0; less++) {
      const last = this.#counted.findLastIndex(({ isGained }) => isGained);
      if (last >= 0) this.#counted.splice(last, 1);
    }
  }

  /** Keeps a place for a last edit. */
  hold(): void {
    this.#held++;
  }

  release(): void {
    this.#held--;
  }

  /** The platform refused a call and takes none for so long. The refused call doesn't count. */
  refused(retryAfterMs: number, now: number): void {
    this.#update(now);
    const pause = Number.isFinite(retryAfterMs) ? retryAfterMs : UNTOLD_PAUSE_MS;
    const isFirst = this.#closedUntil <= now;
    this.#closedUntil = Math.max(this.#closedUntil, now + pause);
    this.#counted.pop();
    if (now < this.#inheritsUntil) this.#countOthers(this.#limit.calls, this.#closedUntil);
    else this.#believeLess(isFirst);
  }

  /** The platform takes less, and a call when the pause is over: by then the oldest count no longer. */
  #believeLess(isFirst: boolean): void {
    this.#limit.refused(this.#counted.length, isFirst, this.#closedUntil);
    const tooMany = this.#counted.length - this.#limit.calls + 1;
    this.#counted = this.#counted.map((call, index) =>
      index < tooMany ? { ...call, until: Math.min(call.until, this.#closedUntil) } : call,
    );
  }

  /** Another process was at work shortly before this one began, and may have used all that this one doesn't try at once. */
  inherit(now: number): void {
    if (this.#hasInherited || now >= this.#inheritsUntil) return;
    this.#hasInherited = true;
    this.#update(now);
    this.#countOthers(this.#limit.calls - Math.ceil(this.#limit.calls * TRIED_AT_ONCE), now);
  }

  /**
   * Of so many calls those that are not ours are those of a process that was here before. It is not known to have made
   * them at once, so they come back one by one. Nothing says that the limit is lower.
   */
  #countOthers(calls: number, from: number): void {
    const others = calls - this.#counted.length;
    const apart = Math.max(0, this.#inheritsUntil - from) / others;
    for (let other = 0; other < others; other++)
      this.#count({ until: from + other * apart, isAnswered: true });
  }

  /**
   * What the platform told with an answer. Discord's windows are fixed for some routes and sliding for others, with
   * the same headers: that all calls are there again after `resetAfterMs` is true for both. What is no number, or
   * allows nothing, is not believed. https://github.com/discord/discord-api-docs/issues/7680
   *
   * An answer ends the guess about one call, the oldest that has none, and changes nothing about others: they may
   * reach the platform in a later window. So each call counts until its own window ends, and none is refused while
   * nobody else calls and answers take less time than a window, in whatever order calls and answers arrive. What is
   * used beyond our own calls was used by others, who may use their share.
   */
  learn({ limit, remaining, resetAfterMs }: ToldLimit, now: number): void {
    if (!(limit >= 1 && remaining <= limit && resetAfterMs < Number.POSITIVE_INFINITY)) return;
    this.#update(now);
    this.#limit.adopt({ calls: limit, perMs: Math.max(this.#limit.whole.perMs, resetAfterMs) });
    const answered = { until: now + resetAfterMs, isAnswered: true };
    const oldest = this.#counted.findIndex(({ isAnswered }) => !isAnswered);
    if (oldest >= 0) {
      this.#counted.splice(oldest, 1);
      this.#count(answered);
    }
    const used = this.#limit.share.calls - Math.max(0, remaining);
    while (this.#counted.length < used) this.#count(answered);
  }

  /** Calls that are not kept; at least 1. */
  get #shared(): number {
    return this.#limit.calls - Math.floor(this.#ends);
  }

  /** How many replies are expected to end within the horizon, as far as room is kept for them. */
  get #ends(): number {
    return Math.min((this.#held * this.#horizonMs) / HORIZON_MS, Math.floor(this.#limit.calls * MOST_KEPT));
  }

  get #horizonMs(): number {
    return Math.min(HORIZON_MS, this.#limit.perMs);
  }

  /** When a call may go that leaves what is kept. */
  #sharedAt(room: 'shared' | 'paced', now: number): number {
    return Math.max(
      this.#roomAt(this.#shared, now),
      this.#roomAt(this.#limit.calls - Math.ceil(this.#ends), now) - PATIENCE_MS,
      room === 'paced' ? this.#pacedUntil(now) : now,
    );
  }

  /** When what is kept is better used than lost: never, as long as only guesses say when calls come back. */
  get #lastChance(): number {
    const last = this.#counted.at(-1);
    if (!last || !this.#counted.every(({ isAnswered }) => isAnswered)) return Number.POSITIVE_INFINITY;
    return Math.max(last.until - LAST_CHANCE_MS, this.#pacedAt + this.#limit.perMs / this.#limit.calls);
  }

  /** When no more than `places` - 1 calls count any longer. */
  #roomAt(places: number, now: number): number {
    return this.#counted.at(-places)?.until ?? now;
  }

  /**
   * When the next call at an even pace is due: as soon as calls at that pace would never have to wait for a place
   * until the horizon. Earlier than that when the horizon takes in one more place, which may bring it forward.
   */
  #pacedUntil(now: number): number {
    const horizon = this.#horizonMs;
    const returns = this.#counted.map(({ until }) => until - now);
    const within = returns.filter((ms) => ms <= horizon);
    const free = this.#shared - returns.length;
    const paces = within.map((ms, index) => ms / Math.max(1, free + index + 1));
    const due = this.#pacedAt + Math.max(...paces, horizon / Math.max(1, free + within.length));
    const entering = (returns[within.length] ?? Number.POSITIVE_INFINITY) - horizon;
    return due <= now ? now : Math.min(due, now + entering);
  }

  #count(call: Counted): void {
    const at = this.#counted.findLastIndex(({ until }) => until <= call.until);
    this.#counted.splice(at + 1, 0, call);
  }

  #update(now: number): void {
    while ((this.#counted[0]?.until ?? Number.POSITIVE_INFINITY) <= now) this.#counted.shift();
    this.#limit.update(now);
  }
}

/** For how long a call counts in a window of so many milliseconds. */
function lifeOf(perMs: number): number {
  return perMs + Math.min(perMs * MARGIN, LONGEST_MARGIN_MS);
}

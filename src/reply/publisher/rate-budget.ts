import type { Budget, Claim, ClaimedRoom, Party } from '../../budget.ts';
import { Allowance, type ToldLimit } from './allowance.ts';
import type { RateLimit } from './believed-limit.ts';
import { type Clock, systemClock } from './clock.ts';
import { FairOrder } from './fair-order.ts';
import { PersonalShare } from './personal-share.ts';

/** Is told what budgets do, by their names: budgets of one kind share a name. */
export interface BudgetObserver {
  /** A call may go, after a wait of so long. */
  granted(name: string, room: ClaimedRoom, waitedMs: number): void;
  /** The platform refused a call. */
  refused(name: string, retryAfterMs: number): void;
  /** The number of claims that wait has changed by so many. */
  waiting(name: string, change: number): void;
  /** What the platform is believed to take, when it has changed. */
  limited(name: string, limit: RateLimit): void;
}

export interface RateBudgetOptions {
  /** A platform's method or kind of bucket, for metrics; not the single channel. */
  name: string;
  /** What the platform documents. */
  limit: RateLimit;
  observer?: BudgetObserver;
  clock?: Clock;
  /** The platform has refused a call; called before anything is concluded from it. */
  onRefused?: () => void;
}

/** A claim in the queues of all the budgets that it needs. */
interface Ticket {
  readonly claim: Claim;
  readonly budgets: readonly RateBudget[];
  readonly since: number;
  readonly settle: (granted: boolean) => void;
}

/**
 * An allowance within a platform's rate limit. It starts from the documented limit and learns from what the platform
 * answers. Most calls are spread over time and leave a place for the end of each open reply. First texts and last edits, which
 * need not, go to people in turn, and no person's many replies take all of it.
 */
export class RateBudget implements Budget {
  readonly name: string;
  readonly #allowance: Allowance;
  readonly #observer: BudgetObserver | undefined;
  readonly #clock: Clock;
  readonly #onRefused: () => void;
  readonly #waiting = new Set<Ticket>();
  readonly #order = new FairOrder();
  readonly #shares = new PersonalShare();
  #told: number;
  #cancelTimer = () => {};

  constructor({ name, limit, observer, clock = systemClock, onRefused = () => {} }: RateBudgetOptions) {
    this.name = name;
    this.#allowance = new Allowance(limit, clock.now());
    this.#told = limit.calls;
    this.#observer = observer;
    this.#clock = clock;
    this.#onRefused = onRefused;
  }

  /**
   * One budget for calls that several limits apply to; make it once, as calls are told apart by their budgets. Waiting
   * for one of the limits takes no room in the others. A refusal is put down to the budget that is fullest, since
   * platforms don't say which limit they mean.
   */
  static all(first: RateBudget, ...others: RateBudget[]): Budget {
    const fullest = () =>
      others.reduce((most, next) => (next.#fullness > most.#fullness ? next : most), first);
    return {
      take: (claim, signal) => first.#queue(others, claim, signal),
      refused: (retryAfterMs) => fullest().refused(retryAfterMs),
    };
  }

  take(claim: Claim, signal: AbortSignal): Promise<boolean> {
    return this.#queue([], claim, signal);
  }

  /** Keeps a place for the end of a reply, until the function that it gives back is called. */
  hold(): () => void {
    let isHeld = true;
    this.#allowance.hold();
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#allowance.release();
      this.#serve();
    };
  }

  refused(retryAfterMs: number): void {
    this.#observer?.refused(this.name, retryAfterMs);
    this.#onRefused();
    this.#allowance.refused(retryAfterMs, this.#clock.now());
    this.#serve();
  }

  /** Keeps to a stricter limit from now on. */
  restrict(limit: RateLimit): void {
    this.#allowance.restrict(limit, this.#clock.now());
    this.#serve();
  }

  /** Keeps to what one of so many processes may use of the limit, from now on. */
  share(count: number): void {
    this.#allowance.share(count, this.#clock.now());
    this.#serve();
  }

  /** Another process was at work with it shortly before this one began. */
  inherit(): void {
    this.#allowance.inherit(this.#clock.now());
  }

  /** Takes in what the platform told in the headers of an answer. */
  learn(told: ToldLimit): void {
    this.#allowance.learn(told, this.#clock.now());
    this.#serve();
  }

  /** Whether nobody uses it and a new one would do the same. */
  get isIdle(): boolean {
    return this.#waiting.size === 0 && this.#allowance.isFresh(this.#clock.now());
  }

  #queue(others: readonly RateBudget[], claim: Claim, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    const budgets = [this, ...others];
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const withdraw = () => ticket.settle(false);
    const settle = (granted: boolean) => {
      signal.removeEventListener('abort', withdraw);
      for (const budget of budgets) budget.#leave(ticket, granted);
      resolve(granted);
    };
    const ticket: Ticket = { claim, budgets, since: this.#clock.now(), settle };
    signal.addEventListener('abort', withdraw);
    for (const budget of budgets) budget.#enter(ticket);
    for (const budget of budgets) budget.#serve();
    return promise;
  }

  #enter(ticket: Ticket): void {
    this.#waiting.add(ticket);
    this.#shares.asked(ticket.claim.reply, this.#clock.now(), this.#allowance.lifeMs);
    this.#observer?.waiting(this.name, 1);
  }

  #leave(ticket: Ticket, granted: boolean): void {
    const now = this.#clock.now();
    const { room, reply } = ticket.claim;
    this.#waiting.delete(ticket);
    this.#observer?.waiting(this.name, -1);
    if (granted) {
      this.#allowance.take(room, now);
      this.#shares.called(reply, now, this.#allowance.lifeMs);
      if (room === 'all') this.#order.served(reply?.person);
      this.#observer?.granted(this.name, room, now - ticket.since);
    }
    this.#schedule();
  }

  #serve(): void {
    for (let next = this.#next(); next; next = this.#next()) next.settle(true);
    this.#schedule();
    this.#tell();
  }

  #next(): Ticket | undefined {
    return this.#mostUrgent('all') ?? this.#mostUrgent('shared') ?? this.#mostUrgent('paced');
  }

  /**
   * The claim of a kind that is next, of those for which there is room in all their budgets: the most urgent, or the oldest
   * of several; of those that may use all room, of whose person it is the turn.
   */
  #mostUrgent(room: ClaimedRoom): Ticket | undefined {
    if (this.#wait(room) > 0) return undefined;
    let best: { ticket: Ticket; round: number; urgency: number } | undefined;
    for (const ticket of this.#waiting) {
      if (ticket.claim.room !== room || this.#longestWait(ticket) > 0) continue;
      const round = room === 'all' ? this.#order.roundOf(ticket.claim.reply?.person) : 0;
      if (best && round > best.round) continue;
      const urgency = ticket.claim.urgency();
      if (!best || round < best.round || urgency > best.urgency) best = { ticket, round, urgency };
    }
    return best?.ticket;
  }

  /**
   * Serves again when the first claim may find room in all its budgets: at once if time has gone on meanwhile, and
   * whoever else watches over its other budgets.
   */
  #schedule(): void {
    this.#cancelTimer();
    const waits = Array.from(this.#waiting, (ticket) => this.#longestWait(ticket));
    const wait = waits.reduce((least, ms) => Math.min(least, ms), Number.POSITIVE_INFINITY);
    if (wait < Number.POSITIVE_INFINITY) this.#cancelTimer = this.#clock.after(wait, () => this.#serve());
  }

  #tell(): void {
    const { limit } = this.#allowance;
    if (limit.calls !== this.#told) this.#observer?.limited(this.name, limit);
    this.#told = limit.calls;
  }

  /** Until there is room for a claim in all its budgets, in ms. */
  #longestWait({ claim: { room, reply }, budgets }: Ticket): number {
    return budgets.reduce((most, budget) => Math.max(most, budget.#wait(room, reply)), 0);
  }

  #wait(room: ClaimedRoom, reply?: Party): number {
    const now = this.#clock.now();
    return Math.max(
      this.#allowance.wait(room, now),
      this.#shares.wait(reply, this.#allowance.limit.calls, now),
    );
  }

  get #fullness(): number {
    return this.#allowance.fullness(this.#clock.now());
  }
}

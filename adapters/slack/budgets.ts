import type { Budget, Replicas } from '../../src/budget.ts';
import { RateLimited } from '../../src/platform.ts';
import { type BudgetObserver, RateBudget } from '../../src/reply/publisher/rate-budget.ts';
import { RateBudgets } from '../../src/reply/publisher/rate-budgets.ts';
import { translated } from './failures.ts';

export const MINUTE_MS = 60_000;

/** What an answer can go without waits so long for its call to be allowed, in milliseconds. */
const SOON_MS = 3_000;

/**
 * The messages that a channel takes: one a second, "short bursts allowed", without a number. So many are tried at once
 * until Slack refuses one; from then on, in every channel, what is the least that can be called a burst.
 */
const BURST = { calls: 10, minutes: 10 / 60 };
const POSTS = { calls: 3, minutes: 3 / 60 };

/** Streams in a minute, of the 20 that may be started and stopped: the rest is for putting streams right. */
const STREAMS = 15;

/** Agent sessions in a minute; each takes two calls of the 50 that are allowed. */
const SESSIONS = 20;

/** Statuses in words: Slack promises "several hundred" a minute in its words for limits of their own, without a number. */
const STATUSES = 300;

/** Threads a minute that are looked through for what was missed: replies that are gone on with read theirs meanwhile. */
const MISSED = 30;

export interface BudgetOptions {
  observer?: BudgetObserver;
  /** What a minute is, in milliseconds, where a test server's clock runs faster. */
  minuteMs?: number;
  /** The processes that share the workspace's limits; this one alone when left out. */
  replicas?: Replicas;
}

/**
 * The allowances of one workspace, which all of its replies share. Slack counts for each method, app and workspace,
 * and gives the least that it promises: https://docs.slack.dev/apis/web-api/rate-limits
 */
export class Budgets {
  readonly startStream: RateBudget;
  readonly appendStream: RateBudget;
  readonly stopStream: RateBudget;
  readonly update: RateBudget;
  readonly remove: RateBudget;
  readonly replies: RateBudget;
  /** The same for what nobody waits for. */
  readonly missedReplies: Budget;
  /** For channels in which something may have been missed: one process at a time looks for it, and has all of it. */
  readonly history: RateBudget;
  readonly files: RateBudget;
  readonly fileInfo: RateBudget;
  /** Signs of work beside conversations, in words and as agent sessions. */
  readonly statuses: RateBudget;
  readonly sessionStatuses: RateBudget;
  /** Streams that may be opened; what goes beyond is edited. */
  readonly streams: Quota;
  readonly sessions: Quota;
  readonly #posts: RateBudget;
  readonly #channels: RateBudgets;
  readonly #shared: { share(count: number): void }[] = [];
  readonly #stopSharing: (() => void) | undefined;

  constructor({ observer, minuteMs = MINUTE_MS, replicas }: BudgetOptions) {
    const watch = observer && { observer };
    const limitOf = (calls: number, minutes = 1) => ({ calls, perMs: minutes * minuteMs });
    const shared = <T extends { share(count: number): void }>(budget: T) => {
      this.#shared.push(budget);
      return budget;
    };
    const whole = (name: string, calls: number) => new RateBudget({ name, limit: limitOf(calls), ...watch });
    const budget = (name: string, calls: number) => shared(whole(name, calls));
    this.startStream = budget('chat.startStream', 20);
    this.appendStream = budget('chat.appendStream', 100);
    this.stopStream = budget('chat.stopStream', 20);
    this.update = budget('chat.update', 50);
    this.remove = budget('chat.delete', 50);
    this.replies = budget('conversations.replies', 50);
    this.missedReplies = RateBudget.all(whole('looking for what was missed', MISSED), this.replies);
    this.history = whole('conversations.history', 50);
    this.files = budget('files.completeUploadExternal', 100);
    this.fileInfo = budget('files.info', 100);
    this.statuses = budget('assistant.threads.setStatus', STATUSES);
    this.sessionStatuses = budget('agents.sessions.setStatus', 50);
    this.streams = shared(new Quota(STREAMS, minuteMs));
    this.sessions = shared(new Quota(SESSIONS, minuteMs));
    // "Several hundred messages per minute" for a workspace.
    this.#posts = budget('chat.postMessage', 300);
    this.#channels = shared(
      new RateBudgets({
        name: 'chat.postMessage in a channel',
        limit: limitOf(BURST.calls, BURST.minutes),
        refusedLimit: limitOf(POSTS.calls, POSTS.minutes),
        ...watch,
      }),
    );
    if (replicas && replicas.count > 1) this.#share(replicas.count);
    this.#stopSharing = replicas?.onChange((count) => this.#share(count));
  }

  close(): void {
    this.#stopSharing?.();
  }

  /** A process that died shortly before this one began has used them, too. Asked again, it is the same one. */
  inherit(): void {
    const { startStream, appendStream, stopStream, update, remove, replies, history } = this;
    for (const budget of [startStream, appendStream, stopStream, update, remove, replies, history])
      budget.inherit();
  }

  #share(count: number): void {
    for (const budget of this.#shared) budget.share(count);
  }

  /** For new messages in a channel. Whoever shows one reply keeps the answer: each is a budget of its own. */
  posts(channel: string): Budget {
    return RateBudget.all(this.#channels.of(channel), this.#posts);
  }
}

/** A place for a call that nobody waits for: behind all that people wait for. False when `signal` withdraws it before. */
export function takeInTime(budget: Budget, signal: AbortSignal): Promise<boolean> {
  const since = performance.now();
  return budget.take({ urgency: () => performance.now() - since, room: 'paced' }, signal);
}

/** A place for a call that people wait for, and that they can go without: false when there is none soon. */
export function takeSoon(budget: Budget): Promise<boolean> {
  return takeSurely(budget, AbortSignal.timeout(SOON_MS));
}

/** A place for a call that has to be made. False when `signal` withdraws it before. */
export function takeSurely(budget: Budget, signal: AbortSignal): Promise<boolean> {
  const since = performance.now();
  return budget.take({ urgency: () => performance.now() - since, room: 'all' }, signal);
}

/** Where Slack has refused a call for its limit, all wait who share the budget; whether it has. */
export function heedLimit(error: unknown, budget: Budget): boolean {
  const known = translated(error);
  if (!(known instanceof RateLimited)) return false;
  budget.refused(known.retryAfterMs);
  return true;
}

/** Says yes so often within a time, and no otherwise: for what there is another way to do. */
export class Quota {
  readonly #calls: number;
  readonly #perMs: number;
  #share = 1;
  #taken: number[] = [];

  constructor(calls: number, perMs: number) {
    this.#calls = calls;
    this.#perMs = perMs;
  }

  get hasRoom(): boolean {
    const since = performance.now() - this.#perMs;
    this.#taken = this.#taken.filter((at) => at > since);
    return this.#taken.length < this.#calls * this.#share;
  }

  /** Keeps to what one of so many processes may use; a part of a place is one. */
  share(count: number): void {
    this.#share = 1 / count;
  }

  take(): boolean {
    const { hasRoom } = this;
    if (hasRoom) this.#taken.push(performance.now());
    return hasRoom;
  }
}

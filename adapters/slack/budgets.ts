import type { Budget } from '../../src/platform.ts';
import { type BudgetObserver, RateBudget } from '../../src/reply/publisher/rate-budget.ts';
import { RateBudgets } from '../../src/reply/publisher/rate-budgets.ts';

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

export interface BudgetOptions {
  observer?: BudgetObserver;
  /** What a minute is, in milliseconds, where a test server's clock runs faster. */
  minuteMs?: number;
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
  readonly files: RateBudget;
  readonly fileInfo: RateBudget;
  /** Streams that may be opened; what goes beyond is edited. */
  readonly streams: Quota;
  readonly sessions: Quota;
  readonly #posts: RateBudget;
  readonly #channels: RateBudgets;

  constructor({ observer, minuteMs = MINUTE_MS }: BudgetOptions) {
    const watch = observer && { observer };
    const limitOf = (calls: number, minutes = 1) => ({ calls, perMs: minutes * minuteMs });
    const budget = (name: string, calls: number) => new RateBudget({ name, limit: limitOf(calls), ...watch });
    this.startStream = budget('chat.startStream', 20);
    this.appendStream = budget('chat.appendStream', 100);
    this.stopStream = budget('chat.stopStream', 20);
    this.update = budget('chat.update', 50);
    this.remove = budget('chat.delete', 50);
    this.replies = budget('conversations.replies', 50);
    this.files = budget('files.completeUploadExternal', 100);
    this.fileInfo = budget('files.info', 100);
    this.streams = new Quota(STREAMS, minuteMs);
    this.sessions = new Quota(SESSIONS, minuteMs);
    // "Several hundred messages per minute" for a workspace.
    this.#posts = budget('chat.postMessage', 300);
    this.#channels = new RateBudgets({
      name: 'chat.postMessage in a channel',
      limit: limitOf(BURST.calls, BURST.minutes),
      refusedLimit: limitOf(POSTS.calls, POSTS.minutes),
      ...watch,
    });
  }

  /** For new messages in a channel. Whoever shows one reply keeps the answer: each is a budget of its own. */
  posts(channel: string): Budget {
    return RateBudget.all(this.#channels.of(channel), this.#posts);
  }
}

/** A place for a call that people wait for, and that they can go without: false when there is none soon. */
export function takeSoon(budget: Budget): Promise<boolean> {
  const since = performance.now();
  const claim = { urgency: () => performance.now() - since, essential: true };
  return budget.take(claim, AbortSignal.timeout(SOON_MS));
}

/** Says yes so often within a time, and no otherwise: for what there is another way to do. */
export class Quota {
  readonly #calls: number;
  readonly #perMs: number;
  #taken: number[] = [];

  constructor(calls: number, perMs: number) {
    this.#calls = calls;
    this.#perMs = perMs;
  }

  get hasRoom(): boolean {
    const since = performance.now() - this.#perMs;
    this.#taken = this.#taken.filter((at) => at > since);
    return this.#taken.length < this.#calls;
  }

  take(): boolean {
    const { hasRoom } = this;
    if (hasRoom) this.#taken.push(performance.now());
    return hasRoom;
  }
}

import type { ToldLimit } from '../../../src/reply/publisher/allowance.ts';
import type { RateLimit } from '../../../src/reply/publisher/believed-limit.ts';

/** What a platform answers to one call. */
export interface Verdict {
  /** Milliseconds to wait, when the call is refused. */
  retryAfterMs?: number;
  /** What stands in the headers, on platforms that tell. */
  told?: ToldLimit;
}

/** A platform's side of a rate limit. Refused calls don't count. */
export interface StrictServer {
  call(now: number): Verdict;
}

/** Never more calls than the limit in any window, the strictest reading of Slack's tiers; tells nothing. */
export class SlidingWindow implements StrictServer {
  readonly #limit: RateLimit;
  #taken: number[] = [];

  constructor(limit: RateLimit) {
    this.#limit = limit;
  }

  call(now: number): Verdict {
    const { calls, perMs } = this.#limit;
    this.#taken = this.#taken.filter((at) => at > now - perMs);
    const [oldest = now] = this.#taken;
    if (this.#taken.length >= calls) return { retryAfterMs: oldest + perMs - now };
    this.#taken.push(now);
    return {};
  }
}

/** Windows that open with their first call, and tell how far they are used, as Discord's buckets mostly do. */
export class FixedWindow implements StrictServer {
  readonly #limit: RateLimit;
  #endsAt = Number.NEGATIVE_INFINITY;
  #used = 0;

  constructor(limit: RateLimit) {
    this.#limit = limit;
  }

  call(now: number): Verdict {
    const { calls, perMs } = this.#limit;
    if (now >= this.#endsAt) {
      this.#endsAt = now + perMs;
      this.#used = 0;
    }
    const isOver = this.#used >= calls;
    if (!isOver) this.#used++;
    const resetAfterMs = this.#endsAt - now;
    const told = { limit: calls, remaining: calls - this.#used, resetAfterMs };
    return isOver ? { told, retryAfterMs: resetAfterMs } : { told };
  }
}

/** Places that come back one by one at an even pace, as Discord's buckets do for some routes. */
export class LeakyBucket implements StrictServer {
  readonly #limit: RateLimit;
  #emptyAt = Number.NEGATIVE_INFINITY;

  constructor(limit: RateLimit) {
    this.#limit = limit;
  }

  call(now: number): Verdict {
    const { calls, perMs } = this.#limit;
    const each = perMs / calls;
    const filledMs = Math.max(0, this.#emptyAt - now);
    const isOver = filledMs + each > perMs;
    if (!isOver) this.#emptyAt = now + filledMs + each;
    const resetAfterMs = Math.max(0, this.#emptyAt - now);
    const told = { limit: calls, remaining: Math.floor((perMs - resetAfterMs) / each), resetAfterMs };
    return isOver ? { told, retryAfterMs: filledMs + each - perMs } : { told };
  }
}

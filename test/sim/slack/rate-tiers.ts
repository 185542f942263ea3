/** How often a method may be called. Limits that Slack gives as "20+ per minute" are taken as exactly 20. */
export interface RateLimit {
  calls: number;
  windowMs: number;
  /** Counted for each channel on its own instead of for the whole workspace. */
  perChannel?: boolean;
}

export interface RateOptions {
  /** How many times faster than real time the windows pass; `Infinity` switches all limits off. Default: 1. */
  speed?: number;
  /** Other limits for some methods. */
  overrides?: Record<string, RateLimit>;
}

const MINUTE_MS = 60_000;

/** https://docs.slack.dev/apis/web-api/rate-limits */
export const TIER_1 = perMinute(1);
export const TIER_2 = perMinute(20);
export const TIER_3 = perMinute(50);
export const TIER_4 = perMinute(100);

/** `auth.test` and `assistant.threads.setStatus` have limits of their own: hundreds a minute. */
export const SPECIAL = perMinute(600);

/**
 * One message a second and channel, "short bursts allowed": documented without a number; three within three
 * seconds is the least that can be called a burst. Beside it stands one limit for the workspace, "several
 * hundred messages per minute".
 */
export const POSTING: RateLimit[] = [{ calls: 3, windowMs: 3_000, perChannel: true }, perMinute(300)];

/**
 * Documented as Tier 1, but an app holds up to 10 connections and opens all of them at its start, so more than
 * one a minute must pass. 20 is 10 connections and one refresh of each.
 */
export const CONNECTING = perMinute(20);

function perMinute(calls: number): RateLimit {
  return { calls, windowMs: MINUTE_MS };
}

/** Sliding windows: never more than `calls` in any `windowMs`, the strictest reading of the documentation. */
export class RateLimiter {
  readonly #speed: number;
  readonly #overrides: Record<string, RateLimit>;
  readonly #calls = new Map<string, number[]>();

  constructor({ speed = 1, overrides = {} }: RateOptions = {}) {
    this.#speed = speed;
    this.#overrides = overrides;
  }

  /**
   * Counts a call, or answers the whole seconds to wait (at least 1, as the header has no fractions) and counts
   * nothing.
   */
  take(method: string, limits: RateLimit[], channel: string, now = Date.now()): number | undefined {
    const override = this.#overrides[method];
    const windows = (override === undefined ? limits : [override]).map((limit, index) => {
      const key = `${method} ${index} ${limit.perChannel === true ? channel : ''}`;
      const since = now - limit.windowMs / this.#speed;
      const recent = (this.#calls.get(key) ?? []).filter((at) => at > since);
      this.#calls.set(key, recent);
      return { limit, recent, since };
    });
    const waits = windows
      .filter(({ limit, recent }) => recent.length >= limit.calls)
      .map(({ recent, since }) => (recent[0] ?? now) - since);
    if (waits.length > 0) return Math.max(1, Math.ceil(Math.max(...waits) / 1_000));
    for (const { recent } of windows) recent.push(now);
    return undefined;
  }
}

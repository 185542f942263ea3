import { createHash } from 'node:crypto';
import { ApiError, type Scope } from '../api-error.ts';
import type { Json } from '../json.ts';
import type { BucketName, RateLimit, Settings } from '../options.ts';

interface Window {
  used: number;
  endsAt: number;
}

export type Headers = Record<string, string>;

/** What the limits say to one request: the headers of its answer, and its refusal if it comes too early. */
export interface Verdict {
  headers: Headers;
  refusal: ApiError | null;
}

const LIMITED: Record<Scope, string> = {
  user: 'You are being rate limited.',
  global: 'You are being rate limited.',
  shared: 'The resource is being rate limited.',
};

/** https://discord.com/developers/docs/topics/rate-limits */
export class RateLimits {
  readonly #settings: Settings;
  readonly #windows = new Map<string, Window>();
  #invalid: Window = { used: 0, endsAt: 0 };

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Counts a request. @param major The channel, guild or webhook by which its bucket is counted. */
  take(bucket: BucketName, major: string): Verdict {
    const global = this.#count('global', this.#settings.globalRateLimit);
    if (global.over) {
      return {
        headers: { 'X-RateLimit-Global': 'true' },
        refusal: rateLimited(global.resetAfter, 'global'),
      };
    }
    return this.takeExempt(bucket, major);
  }

  /** Like `take`, for requests by an interaction's token: they don't count into the global limit. */
  takeExempt(bucket: BucketName, major: string): Verdict {
    const limit = this.#settings.rateLimits[bucket];
    const { over, resetAfter, remaining } = this.#count(`${bucket} ${major}`, limit);
    const headers = {
      'X-RateLimit-Limit': String(limit.limit),
      'X-RateLimit-Remaining': String(remaining),
      'X-RateLimit-Reset': ((Date.now() + resetAfter) / 1000).toFixed(3),
      'X-RateLimit-Reset-After': (resetAfter / 1000).toFixed(3),
      'X-RateLimit-Bucket': createHash('md5').update(bucket).digest('hex'),
    };
    return { headers, refusal: over ? rateLimited(resetAfter, 'user') : null };
  }

  /** A limit of a channel or another resource, of which no header tells. @throws ApiError 429. */
  takeHidden(bucket: BucketName, major: string): void {
    const { over, resetAfter } = this.#count(`${bucket} ${major}`, this.#settings.rateLimits[bucket]);
    if (over) throw rateLimited(resetAfter, 'shared');
  }

  /** Counts an answer of 401, 403 or 429, unless of a shared limit, against the sender's address. */
  countInvalid(): void {
    const now = Date.now();
    if (this.#invalid.endsAt <= now)
      this.#invalid = { used: 0, endsAt: now + this.#settings.invalidRequests.window };
    this.#invalid.used += 1;
  }

  /** Milliseconds for which the address is still banned; 0 when it isn't. */
  get bannedFor(): number {
    const { used, endsAt } = this.#invalid;
    return used >= this.#settings.invalidRequests.limit ? Math.max(0, endsAt - Date.now()) : 0;
  }

  /** 401s, 403s and 429s in the running window. */
  get invalidRequests(): number {
    return this.#invalid.endsAt > Date.now() ? this.#invalid.used : 0;
  }

  #count(
    key: string,
    { limit, window }: RateLimit,
  ): { over: boolean; remaining: number; resetAfter: number } {
    const now = Date.now();
    const open = this.#windows.get(key);
    const current = open && open.endsAt > now ? open : { used: 0, endsAt: now + window };
    this.#windows.set(key, current);
    const over = current.used >= limit;
    if (!over) current.used += 1;
    return { over, remaining: limit - current.used, resetAfter: current.endsAt - now };
  }
}

/** A 429. @param resetAfter Milliseconds. */
export function rateLimited(resetAfter: number, scope: Scope): ApiError {
  const details: Json = { retry_after: Math.max(0.001, resetAfter / 1000), global: scope === 'global' };
  return new ApiError(429, null, LIMITED[scope], details, scope);
}

/**
 * The header of a 429. Discord rounds it up to whole seconds, with the exact time in the body; under a scale that
 * would undo the scale, so it is exact there.
 * @param wholeSeconds Whether to round.
 */
export function retryAfterHeader(seconds: number, wholeSeconds: boolean): string {
  return wholeSeconds ? String(Math.ceil(seconds)) : seconds.toFixed(3);
}

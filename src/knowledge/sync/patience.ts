import { setTimeout as sleep } from 'node:timers/promises';
import { APIConnectionError, APIError } from 'openai';

export interface PatienceOptions {
  /** In ms; each further pause without a success between is twice as long, up to the longest. */
  firstPauseMs: number;
  longestPauseMs: number;
  /** After so long without any success it is given up, in ms. */
  giveUpMs: number;
}

/** A provider's limit is per minute as a rule; whoever is down for ten is looked after by somebody. */
const PATIENCE: PatienceOptions = { firstPauseMs: 1_000, longestPauseMs: 60_000, giveUpMs: 600_000 };

/** What a server answers while it is busy, started anew or out of reach: https://developers.openai.com/api/docs/guides/error-codes */
const PASSING: ReadonlySet<unknown> = new Set([408, 409, 429]);

/** Something went wrong that may be well in a moment. */
export class Passing extends Error {}

/** It was waited for long enough: what is not done is left to the next time. */
export class GivenUp extends Error {}

/** Pauses all that is being done while a server can't, and goes on when it can. */
export class Patience {
  readonly #options: PatienceOptions;
  readonly #signal: AbortSignal;
  readonly #onPause: (reason: string, ms: number) => void;
  #pauseMs: number;
  #until = 0;
  #lastSuccess = performance.now();

  constructor(
    signal: AbortSignal,
    onPause: (reason: string, ms: number) => void,
    options: Partial<PatienceOptions> = {},
  ) {
    this.#signal = signal;
    this.#onPause = onPause;
    this.#options = { ...PATIENCE, ...options };
    this.#pauseMs = this.#options.firstPauseMs;
  }

  /** Does it until it works. Throws what will not pass, and `GivenUp`. */
  async until<T>(task: () => Promise<T>): Promise<T> {
    for (;;) {
      await this.#paused();
      try {
        const result = await task();
        this.#succeeded();
        return result;
      } catch (error) {
        if (!passes(error)) throw error;
        this.#pause(error as Error);
      }
    }
  }

  async #paused(): Promise<void> {
    for (let left = this.#left; left > 0; left = this.#left)
      await sleep(left, undefined, { signal: this.#signal });
    this.#signal.throwIfAborted();
  }

  get #left(): number {
    return this.#until - performance.now();
  }

  #succeeded(): void {
    this.#lastSuccess = performance.now();
    this.#pauseMs = this.#options.firstPauseMs;
  }

  #pause(error: Error): void {
    if (performance.now() - this.#lastSuccess > this.#options.giveUpMs) throw new GivenUp(error.message);
    // Others that were under way have failed with it.
    if (this.#left > 0) return;
    const ms = Math.max(this.#pauseMs, askedToWait(error));
    this.#pauseMs = Math.min(this.#pauseMs * 2, this.#options.longestPauseMs);
    this.#until = performance.now() + ms;
    this.#onPause(error.message, ms);
  }
}

function passes(error: unknown): boolean {
  if (error instanceof Passing || error instanceof APIConnectionError) return true;
  return error instanceof APIError && (PASSING.has(error.status) || Number(error.status) >= 500);
}

/** In ms. */
function askedToWait(error: unknown): number {
  const header = error instanceof APIError ? error.headers?.get('retry-after') : undefined;
  return Math.min(Number(header ?? 0) * 1_000 || 0, PATIENCE.longestPauseMs);
}

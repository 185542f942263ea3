import type { Keyv } from 'keyv';
import { EXPIRES_AFTER_MS } from './expiry.ts';

/** How often a process looks whether others cancelled its runs: one read for all of them. */
const LOOK_MS = 1_000;

export type CancelStore = Keyv<true>;

/** Lets the processes that share a store cancel each other's runs. */
export class Cancels {
  readonly #store: CancelStore;
  readonly #onError: (error: unknown) => void;
  readonly #lookMs: number;
  readonly #watched = new Map<string, () => void>();
  #timer: NodeJS.Timeout | undefined;

  constructor(store: CancelStore, onError: (error: unknown) => void, lookMs: number = LOOK_MS) {
    this.#store = store;
    this.#onError = onError;
    this.#lookMs = lookMs;
  }

  /** Asks whoever carries out the run to cancel it, now or when it is taken over. */
  async ask(runId: string): Promise<void> {
    await this.#store.set(runId, true, EXPIRES_AFTER_MS);
  }

  async isAsked(runId: string): Promise<boolean> {
    return (await this.#store.get(runId)) === true;
  }

  /** Calls `onCancel` when another process cancels the run. */
  watch(runId: string, onCancel: () => void): void {
    this.#watched.set(runId, onCancel);
    this.#timer ??= setInterval(() => void this.#look().catch(this.#onError), this.#lookMs).unref();
  }

  /** The run is over, or left. */
  unwatch(runId: string): void {
    this.#watched.delete(runId);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #look(): Promise<void> {
    const ids = [...this.#watched.keys()];
    const asked = await this.#store.getMany<true>(ids);
    for (const [at, id] of ids.entries()) if (asked[at]) this.#watched.get(id)?.();
  }
}

import type { Keyv } from 'keyv';
import { EXPIRES_AFTER_MS } from './expiry.ts';

/** How often a process looks what others wish of its runs: one read for all of them. */
const LOOK_MS = 1_000;

/** That a run be cancelled, or left to whoever wishes it, for the outputs that it waits for. */
export type Wish = 'cancel' | 'leave';

export type WishStore = Keyv<true>;

const WISHES: readonly Wish[] = ['cancel', 'leave'];

/** Tells the processes that share a store what they wish of each other's runs. */
export class Wishes {
  readonly #store: WishStore;
  readonly #onError: (error: unknown) => void;
  readonly #lookMs: number;
  readonly #watched = new Map<string, (wish: Wish) => void>();
  #timer: NodeJS.Timeout | undefined;

  constructor(store: WishStore, onError: (error: unknown) => void, lookMs: number = LOOK_MS) {
    this.#store = store;
    this.#onError = onError;
    this.#lookMs = lookMs;
  }

  /** For whoever carries out the run, now or when it is taken over. */
  async tell(wish: Wish, runId: string): Promise<void> {
    await this.#store.set(key(wish, runId), true, EXPIRES_AFTER_MS);
  }

  async isTold(wish: Wish, runId: string): Promise<boolean> {
    return (await this.#store.get(key(wish, runId))) === true;
  }

  async forget(wish: Wish, runId: string): Promise<void> {
    await this.#store.delete(key(wish, runId));
  }

  /** Calls `onWish` as long as another process wishes something of the run. */
  watch(runId: string, onWish: (wish: Wish) => void): void {
    this.#watched.set(runId, onWish);
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
    const asked = [...this.#watched.keys()].flatMap((id) => WISHES.map((wish) => ({ wish, id })));
    const told = await this.#store.getMany<true>(asked.map(({ wish, id }) => key(wish, id)));
    for (const [at, { wish, id }] of asked.entries()) if (told[at]) this.#watched.get(id)?.(wish);
  }
}

function key(wish: Wish, runId: string): string {
  return `${wish}/${runId}`;
}

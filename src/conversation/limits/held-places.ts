import type { Place, Places } from './places.ts';

/** Before all who wait for their first turn. */
const FIRST = Number.NEGATIVE_INFINITY;

/** The places of one turn, which it gives away while it waits for what a person has to say. */
export class HeldPlaces {
  readonly #source: Places | undefined;
  readonly #signal: AbortSignal;
  /** By person. */
  readonly #places: Map<string, Place>;
  #resting = 0;

  /** @param signal The turn is to end: it then waits for no place any more. */
  constructor(source: Places | undefined, places: Map<string, Place>, signal: AbortSignal) {
    this.#source = source;
    this.#places = places;
    this.#signal = signal;
  }

  /** Waits without a place; what it gave away it has again before it goes on. */
  async rest<T>(wait: () => Promise<T>): Promise<T> {
    this.#resting++;
    if (this.#resting === 1) await this.release();
    try {
      return await wait();
    } finally {
      this.#resting--;
      if (this.#resting === 0) await this.#takeAgain();
    }
  }

  async release(): Promise<void> {
    await Promise.all([...this.#places.values()].map((place) => place.release()));
  }

  /** A store that fails keeps no turn from going on. */
  async #takeAgain(): Promise<void> {
    for (const person of this.#places.keys()) {
      const place = await this.#source?.wait(person, FIRST, this.#signal).catch(() => undefined);
      if (place) this.#places.set(person, place);
    }
  }
}

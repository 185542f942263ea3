/** Of so many lists it is remembered how they ended; those that were used longest ago are forgotten. */
const MAX_REMEMBERED = 10_000;

/** How a list ended when this process last looked. */
export interface ListEnd {
  /** How many documents were ever added. */
  readonly count: number;
  /** The newest document's id, where it is known. */
  readonly last?: string;
}

/** Remembers how lists end: a guess that saves round trips, and certain for those that nobody else adds to. */
export class ListEnds {
  readonly #remembered = new Map<string, ListEnd>();
  /** Whether it was looked at since it is held. */
  readonly #held = new Map<string, boolean>();

  /** Until the list is released no other process adds to it. `isNew`: there is nothing in it yet. */
  hold(parent: string, isNew: boolean): void {
    this.#held.set(parent, false);
    if (isNew) this.note(parent, { count: 0 });
  }

  release(parent: string): void {
    this.#held.delete(parent);
  }

  guess(parent: string): ListEnd | undefined {
    return this.#remembered.get(parent);
  }

  /** Of a list that is held, and was looked at since. */
  known(parent: string): ListEnd | undefined {
    return this.#held.get(parent) ? this.#remembered.get(parent) : undefined;
  }

  /** What the store says of a list's length. It may have said so before something was added: lists only grow. */
  told(parent: string, count: number): number {
    const guess = this.#remembered.get(parent);
    const end = guess && guess.count >= count ? guess : { count };
    this.note(parent, end);
    return end.count;
  }

  note(parent: string, end: ListEnd): void {
    if (this.#held.has(parent)) this.#held.set(parent, true);
    this.#remembered.delete(parent);
    this.#remembered.set(parent, end);
    if (this.#remembered.size <= MAX_REMEMBERED) return;
    const oldest = this.#remembered.keys().find((other) => !this.#held.has(other));
    if (oldest !== undefined) this.#remembered.delete(oldest);
  }

  forget(parent: string): void {
    this.#remembered.delete(parent);
  }
}

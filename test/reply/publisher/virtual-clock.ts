import type { Clock } from '../../../src/reply/publisher/clock.ts';

/** Time that passes only when told to. Tasks run in the order of their time, and of their making where it is the same. */
export class VirtualClock implements Clock {
  #now = 0;
  #made = 0;
  readonly #tasks = new Map<number, { at: number; task: () => void }>();

  now(): number {
    return this.#now;
  }

  after(ms: number, task: () => void): () => void {
    const id = this.#made++;
    this.#tasks.set(id, { at: this.#now + Math.max(0, ms), task });
    return () => this.#tasks.delete(id);
  }

  /** Tasks that still wait. */
  get pending(): number {
    return this.#tasks.size;
  }

  /** Lets time pass up to `until`, with room after every task for the promises that it settles. */
  async runUntil(until: number): Promise<void> {
    await settled();
    for (let next = this.#next(until); next; next = this.#next(until)) {
      this.#tasks.delete(next.id);
      this.#now = next.at;
      next.task();
      await settled();
    }
    this.#now = Math.max(this.#now, until);
  }

  #next(until: number): { id: number; at: number; task: () => void } | undefined {
    let first: { id: number; at: number; task: () => void } | undefined;
    for (const [id, { at, task }] of this.#tasks)
      if (at <= until && (!first || at < first.at)) first = { id, at, task };
    return first;
  }
}

/** Everything that waits for promises only has gone on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Locks } from '../../runs/locks.ts';

/** Between two attempts to take a lock that another process has, in ms: what it does under it takes some. */
const PAUSE_MS = 10;

/** Work of one name, one at a time, whichever of the processes over the store does it. */
export class Exclusive {
  readonly #locks: Locks;
  readonly #tails = new Map<string, Promise<unknown>>();

  constructor(locks: Locks) {
    this.#locks = locks;
  }

  /** Waits for its turn. Rejects when the work does, or when the store fails. */
  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#tails.get(name) ?? Promise.resolve()).then(() => this.#locked(name, work));
    const tail = turn.catch(() => {});
    this.#tails.set(name, tail);
    return turn.finally(() => {
      if (this.#tails.get(name) === tail) this.#tails.delete(name);
    });
  }

  async #locked<T>(name: string, work: () => Promise<T>): Promise<T> {
    let lock = await this.#locks.take(name);
    while (!lock) {
      await sleep(PAUSE_MS);
      lock = await this.#locks.take(name);
    }
    try {
      return await work();
    } finally {
      await lock.release();
    }
  }
}

import type { Lock, Locks } from '../../store/locks.ts';

/** Between two looks whether another process has left a place, in ms: only who is over their limit waits for it. */
const LOOK_MS = 500;

/** A place for one turn of a person. */
export interface Place {
  /** Whoever waits gets it; once. */
  release(): Promise<void>;
}

interface Waiter {
  /** Who came first goes first, whenever they joined the line. */
  readonly since: number;
  readonly take: (place: Place) => void;
  readonly fail: (error: unknown) => void;
}

/** Those of one person who wait for a place. */
interface Line {
  readonly waiting: Waiter[];
  isServing: boolean;
  /** Something has changed while it was served. */
  isServedAgain: boolean;
  look?: NodeJS.Timeout;
}

/**
 * How many turns of each person are taken at once. A place is a lock among the processes that share the store, so it is free
 * again when its process dies. In a process those who wait get places in their order; among processes, whoever looks first.
 */
export class Places {
  readonly limit: number;
  readonly #locks: Locks | undefined;
  readonly #taken = new Set<string>();
  readonly #lines = new Map<string, Line>();

  /** @param locks Left out where this process has the store to itself. */
  constructor(limit: number, locks: Locks | undefined) {
    this.limit = limit;
    this.#locks = locks;
  }

  /** A place, if there is one that nobody waits for. Rejects when the store fails. */
  async takeNow(person: string): Promise<Place | undefined> {
    return this.#lines.has(person) ? undefined : this.#take(person);
  }

  /** A place as soon as there is one; rejects when the store fails, and with the signal's reason. */
  wait(person: string, since: number, signal: AbortSignal): Promise<Place> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<Place>();
    const line = this.#lines.get(person) ?? { waiting: [], isServing: false, isServedAgain: false };
    this.#lines.set(person, line);
    const leave = () => {
      line.waiting.splice(line.waiting.indexOf(waiter), 1);
      this.#tidy(person, line);
      reject(signal.reason);
    };
    const stay = () => signal.removeEventListener('abort', leave);
    const waiter: Waiter = {
      since,
      take(place) {
        stay();
        resolve(place);
      },
      fail(error) {
        stay();
        reject(error);
      },
    };
    signal.addEventListener('abort', leave, { once: true });
    const behind = line.waiting.findIndex((other) => other.since > since);
    line.waiting.splice(behind < 0 ? line.waiting.length : behind, 0, waiter);
    void this.#serve(person, line);
    return promise;
  }

  async #serve(person: string, line: Line): Promise<void> {
    line.isServedAgain = true;
    if (line.isServing) return;
    line.isServing = true;
    clearTimeout(line.look);
    try {
      while (line.isServedAgain && line.waiting.length > 0) {
        line.isServedAgain = false;
        for (let place = await this.#take(person); place; place = await this.#take(person)) {
          const first = line.waiting.shift();
          if (first) first.take(place);
          else await place.release();
          if (line.waiting.length === 0) break;
        }
      }
    } catch (error) {
      for (const { fail } of line.waiting.splice(0)) fail(error);
    }
    line.isServing = false;
    this.#tidy(person, line);
    const isLookedAt = this.#locks && line.waiting.length > 0;
    if (isLookedAt) line.look = setTimeout(() => void this.#serve(person, line), LOOK_MS).unref();
  }

  #tidy(person: string, line: Line): void {
    if (line.waiting.length > 0 || line.isServing) return;
    clearTimeout(line.look);
    if (this.#lines.get(person) === line) this.#lines.delete(person);
  }

  async #take(person: string): Promise<Place | undefined> {
    for (let number = 0; number < this.limit; number++) {
      const name = `turn ${number} of ${person}`;
      if (this.#taken.has(name)) continue;
      this.#taken.add(name);
      const lock = await this.#locked(name);
      if (lock !== 'taken') return this.#place(person, name, lock);
      this.#taken.delete(name);
    }
    return undefined;
  }

  async #locked(name: string): Promise<Lock | undefined | 'taken'> {
    if (!this.#locks) return undefined;
    try {
      return (await this.#locks.take(name)) ?? 'taken';
    } catch (error) {
      this.#taken.delete(name);
      throw error;
    }
  }

  #place(person: string, name: string, lock: Lock | undefined): Place {
    let isReleased = false;
    const release = async () => {
      if (isReleased) return;
      isReleased = true;
      await lock?.release();
      this.#taken.delete(name);
      const line = this.#lines.get(person);
      if (line) void this.#serve(person, line);
    };
    return { release };
  }
}

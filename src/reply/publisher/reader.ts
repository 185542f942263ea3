import type { Pace } from '../../platform.ts';

/** Characters that somebody who reads quickly takes in within a millisecond: about 600 words a minute. */
const READS_PER_MS = 50 / 1_000;

/** Somebody who reads a reply as it appears: what is shown long before they get there makes them no wiser. */
export class Reader {
  #shown = 0;
  #read = 0;
  #at: number;

  constructor(now: number) {
    this.#at = now;
  }

  /** So many characters of the reply are to be seen from now on. */
  sees(characters: number, now: number): void {
    this.#read = Math.min(this.#shown, this.#read + (now - this.#at) * READS_PER_MS);
    this.#shown = characters;
    this.#at = now;
  }

  /** Milliseconds until more is worth a call: when all has been read, or has stood still for as long as it may. */
  wait({ leastMs, mostMs }: Pace, now: number): number {
    const unreadMs = (this.#shown - this.#read) / READS_PER_MS;
    return this.#at + Math.min(mostMs, Math.max(leastMs, unreadMs)) - now;
  }
}

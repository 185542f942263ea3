/** A limit as a platform documents it: so many calls in so many milliseconds. */
export interface RateLimit {
  calls: number;
  perMs: number;
}

/**
 * Windows until half of what refusals took is tried again: twice as many when that is refused, half as many when it goes
 * well. With a limit that is truly lower every try is refused; other refusals may come from anything, and after a storm of
 * them the limit is believed again in no more time than the storm took.
 */
const FIRST_RECOVERY = 1;
const LONGEST_RECOVERY = 256;

/**
 * What a platform is believed to take of this process: its share of what is documented or told, and less after refusals,
 * until that has been tried again. Every method is told the time, in milliseconds.
 */
export class BelievedLimit {
  /** What the platform takes of all processes together. */
  #whole: RateLimit;
  #replicas = 1;
  /** This process's share of it. */
  #share: RateLimit;
  #calls: number;
  #least = 1;
  #recovery = FIRST_RECOVERY;
  #isRecovering = false;
  #recoversAt = Number.POSITIVE_INFINITY;

  constructor(limit: RateLimit) {
    this.#whole = limit;
    this.#share = limit;
    this.#calls = limit.calls;
  }

  get whole(): Readonly<RateLimit> {
    return this.#whole;
  }

  get share(): Readonly<RateLimit> {
    return this.#share;
  }

  get calls(): number {
    return this.#calls;
  }

  get perMs(): number {
    return this.#share.perMs;
  }

  /** Whether it is all of the share. */
  get isWhole(): boolean {
    return this.#calls === this.#share.calls;
  }

  /** The platform has another limit than was thought. Gives by how many calls the share grows. */
  adopt(limit: RateLimit): number {
    this.#whole = limit;
    return this.#divide();
  }

  /** So many processes share it. Gives by how many calls the share grows. */
  divide(replicas: number): number {
    this.#replicas = Math.max(1, replicas);
    return this.#divide();
  }

  #divide(): number {
    const before = this.#share;
    this.#share = shareOf(this.#whole, this.#replicas);
    this.#calls = this.#calls === before.calls ? this.#share.calls : Math.min(this.#calls, this.#share.calls);
    return this.#share.calls - before.calls;
  }

  /**
   * Calls were refused while so many counted, which are all that there is room for; but refusals that come together at
   * most halve the calls.
   * @param isFirst Whether it is the first of them.
   * @param pausedUntil When the platform takes a call again.
   */
  refused(counted: number, isFirst: boolean, pausedUntil: number): void {
    if (isFirst) {
      this.#least = Math.ceil(this.#calls / 2);
      if (this.#isRecovering) this.#recovery = Math.min(this.#recovery * 2, LONGEST_RECOVERY);
      this.#recoversAt = pausedUntil + this.#recovery * this.perMs;
      this.#isRecovering = false;
    }
    this.#calls = Math.max(this.#least, Math.min(this.#calls, counted));
  }

  /** What was lost to refusals is tried again when it is time. */
  update(now: number): void {
    while (this.#recoversAt <= now) this.#recover();
  }

  #recover(): void {
    this.#calls += Math.ceil((this.#share.calls - this.#calls) / 2);
    if (this.#isRecovering) this.#recovery = Math.max(this.#recovery / 2, FIRST_RECOVERY);
    this.#isRecovering = true;
    this.#recoversAt += this.isWhole ? Number.POSITIVE_INFINITY : this.#recovery * this.perMs;
  }
}

/** What each of so many processes may use: whole calls in the same window, or one in a window that is longer. */
function shareOf({ calls, perMs }: RateLimit, count: number): RateLimit {
  if (calls >= count) return { calls: Math.floor(calls / count), perMs };
  return { calls: 1, perMs: (perMs * count) / calls };
}

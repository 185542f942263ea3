interface Waiter<T> {
  readonly item: T;
  readonly party: string;
}

/**
 * A line in which nobody stands behind another party's crowd: next is the party that has least at work; of several, the one
 * that was served longest ago; and of its items, as of parties that are all new, the one that came first.
 */
export class FairLine<T> {
  readonly #most: number;
  readonly #waiting: Waiter<T>[] = [];
  readonly #atWork = new Map<string, number>();
  /** When parties that have anything here were served last: a number that grows. */
  readonly #served = new Map<string, number>();
  #count = 0;

  /** @param most So many items of one party are at work at once. */
  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most;
  }

  get length(): number {
    return this.#waiting.length;
  }

  join(party: string, item: T): void {
    this.#waiting.push({ party, item });
  }

  has(item: T): boolean {
    return this.#waiting.some((waiter) => waiter.item === item);
  }

  /** It waits no more. */
  leave(item: T): void {
    const at = this.#waiting.findIndex((waiter) => waiter.item === item);
    const [left] = at < 0 ? [] : this.#waiting.splice(at, 1);
    if (left) this.#tidy(left.party);
  }

  /** Takes out of the line what is next of all that may go; it is at work until `end` is called for its party. */
  next(mayGo: (item: T) => boolean = () => true): T | undefined {
    let best: Waiter<T> | undefined;
    for (const waiter of this.#waiting) {
      if (best && !this.#isBefore(waiter.party, best.party)) continue;
      if (this.workOf(waiter.party) < this.#most && mayGo(waiter.item)) best = waiter;
    }
    if (!best) return undefined;
    const { item, party } = best;
    this.#waiting.splice(this.#waiting.indexOf(best), 1);
    this.#atWork.set(party, this.workOf(party) + 1);
    this.#served.set(party, ++this.#count);
    return item;
  }

  /** One item of the party is done. */
  end(party: string): void {
    const left = this.workOf(party) - 1;
    if (left > 0) this.#atWork.set(party, left);
    else this.#atWork.delete(party);
    this.#tidy(party);
  }

  /** Everybody leaves. */
  clear(): T[] {
    this.#served.clear();
    return this.#waiting.splice(0).map(({ item }) => item);
  }

  #isBefore(party: string, other: string): boolean {
    const [mine, theirs] = [this.workOf(party), this.workOf(other)];
    return mine === theirs ? this.#servedAt(party) < this.#servedAt(other) : mine < theirs;
  }

  /** How many items of the party are at work. */
  workOf(party: string): number {
    return this.#atWork.get(party) ?? 0;
  }

  #servedAt(party: string): number {
    return this.#served.get(party) ?? 0;
  }

  #tidy(party: string): void {
    const isHere = this.#atWork.has(party) || this.#waiting.some((waiter) => waiter.party === party);
    if (!isHere) this.#served.delete(party);
  }
}

/**
 * How long work stands still after `kill -9`: from the kill, or where there is one process from its new start, to the
 * next sign of life, such as a change of a reply that was being written.
 */
export class Recovery {
  readonly #waiting = new Map<string, number | undefined>();
  readonly times: number[] = [];
  /** What another fault struck before it went on, so that it tells nothing. */
  interrupted = 0;

  /** The process that worked at these is killed; `counts` tells from when on. */
  killed(names: Iterable<string>): void {
    for (const name of names) this.#waiting.set(name, undefined);
  }

  /** From here on a change is the work of another process; `since` is when it could have begun. */
  counts(since: number): void {
    for (const [name, known] of this.#waiting) this.#waiting.set(name, known ?? since);
  }

  /** One of them goes on. */
  changed(name: string, now: number): void {
    const since = this.#waiting.get(name);
    if (since === undefined) return;
    this.#waiting.delete(name);
    this.times.push(now - since);
  }

  /** Something else strikes a process. */
  disturbed(): void {
    this.interrupted += this.#waiting.size;
    this.#waiting.clear();
  }
}

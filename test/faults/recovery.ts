/**
 * How long replies stand still after `kill -9`: from the kill, or where there is one process from its new start, to the
 * next change of a reply that was being written.
 */
export class Recovery {
  readonly #waiting = new Map<string, number | undefined>();
  readonly times: number[] = [];
  /** Replies that another fault struck before they grew again, so that they tell nothing. */
  interrupted = 0;

  /** The process that wrote these is killed; `counts` tells from when on. */
  killed(conversations: Iterable<string>): void {
    for (const conversation of conversations) this.#waiting.set(conversation, undefined);
  }

  /** From here on a change is the work of another process; `since` is when it could have begun. */
  counts(since: number): void {
    for (const [conversation, known] of this.#waiting) this.#waiting.set(conversation, known ?? since);
  }

  /** What people see of a conversation has changed. */
  changed(conversation: string, now: number): void {
    const since = this.#waiting.get(conversation);
    if (since === undefined) return;
    this.#waiting.delete(conversation);
    this.times.push(now - since);
  }

  /** Something else strikes a process. */
  disturbed(): void {
    this.interrupted += this.#waiting.size;
    this.#waiting.clear();
  }
}

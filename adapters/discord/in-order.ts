/** Runs tasks of one key one after the other, and those of different keys at the same time. */
export class InOrder {
  readonly #last = new Map<string, Promise<void>>();

  /** @param task Must not reject. */
  run(key: string, task: () => Promise<void>): void {
    const done = (this.#last.get(key) ?? Promise.resolve()).then(task);
    this.#last.set(key, done);
    void done.then(() => {
      if (this.#last.get(key) === done) this.#last.delete(key);
    });
  }
}

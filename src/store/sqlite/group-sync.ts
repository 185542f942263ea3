/**
 * Lets many writes share one sync of the disk. A sync that is under way may have begun before a write, so what comes
 * meanwhile waits for the next one, together. After a sync that failed nothing is called safe any more: the system may
 * have dropped what it could not write, and what follows in a log is of no use without (https://lwn.net/Articles/752063/).
 */
export class GroupSync {
  readonly #sync: () => Promise<void>;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** @param sync Brings everything that was written before it began to the disk. */
  constructor(sync: () => Promise<void>) {
    this.#sync = sync;
  }

  /** Resolves when everything that was written before this call is on the disk. Rejects once a sync has failed. */
  synced(): Promise<void> {
    this.#next ??= this.#afterRunning();
    return this.#next;
  }

  async #afterRunning(): Promise<void> {
    await this.#running;
    // What is written in the same turn of the event loop comes along.
    await new Promise(setImmediate);
    this.#running = this.#next;
    this.#next = undefined;
    await this.#sync();
  }
}

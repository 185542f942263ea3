import type { Keyv } from 'keyv';

/** A sign of work that nobody has taken away in so long, in ms, is for the person who sees it. */
const LEFT_MS = 60 * 60_000;

/** In which conversations a sign of work can be seen although the work is over. */
export class LeftSigns {
  readonly #kept: Keyv<number>;
  readonly #onError: (error: unknown) => void;
  /** Those that were noted here. */
  readonly #noted = new Set<string>();
  #written: Promise<unknown> = Promise.resolve();

  /** @param kept Unix time in ms, by conversation. */
  constructor(kept: Keyv<number>, onError: (error: unknown) => void) {
    this.#kept = kept;
    this.#onError = onError;
  }

  note(conversation: string, sign: 'left' | 'gone'): void {
    if (sign === 'left') {
      this.#noted.add(conversation);
      this.#write(() => this.#kept.set(conversation, Date.now(), LEFT_MS));
    } else if (this.#noted.delete(conversation)) this.#write(() => this.#kept.delete(conversation));
  }

  /** Those of the conversations in which one was left. They count as noted here. Rejects when the store fails. */
  async among(conversations: readonly string[]): Promise<ReadonlySet<string>> {
    if (conversations.length === 0) return new Set();
    const times = await this.#kept.getMany([...conversations]);
    const left = conversations.filter((_, at) => times[at] !== undefined);
    for (const conversation of left) this.#noted.add(conversation);
    return new Set(left);
  }

  /** Ends when all is kept. */
  async close(): Promise<void> {
    await this.#written;
  }

  #write(write: () => Promise<unknown>): void {
    this.#written = this.#written.then(write).catch(this.#onError);
  }
}

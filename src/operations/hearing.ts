import { randomUUID } from 'node:crypto';
import type { Keyv } from 'keyv';

/** What a process says: since when people were heard without a break, by it or by others that were there when it began. */
export interface Word {
  readonly by: string;
  /** Unix time in ms. */
  readonly since: number;
  /** When it says so; differs each time. */
  readonly at: number;
}

/** Since when people are heard on each platform without a break, whichever processes came and went. */
export class Hearing {
  readonly #kept: Keyv<Word>;
  readonly #self = randomUUID();
  readonly #since = new Map<string, number>();
  /** When the word was said that was there before this process began to hear: who said it may hear nobody any more. */
  readonly #before = new Map<string, number | undefined>();

  constructor(kept: Keyv<Word>) {
    this.#kept = kept;
  }

  /** This process hears people on the platform from now on. Rejects when the store fails. */
  async begin(platform: string): Promise<void> {
    this.#before.set(platform, (await this.#kept.get(platform))?.at);
    this.#since.set(platform, Date.now());
  }

  since(platform: string): number {
    return this.#since.get(platform) ?? Date.now();
  }

  /** Takes in what another process has said since this one began to hear. Rejects when the store fails. */
  async listen(platform: string): Promise<void> {
    const word = await this.#kept.get(platform);
    const since = this.#since.get(platform);
    const isNews = word && word.by !== this.#self && word.at !== this.#before.get(platform);
    if (since !== undefined && isNews) this.#since.set(platform, Math.min(since, word.since));
  }

  /** The last word is known to all who hear it, so each says what it has heard itself. Rejects when the store fails. */
  async say(platform: string): Promise<void> {
    if (!this.#since.has(platform)) return;
    await this.listen(platform);
    await this.#kept.set(platform, { by: this.#self, since: this.since(platform), at: Date.now() });
  }
}

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

  constructor(kept: Keyv<Word>) {
    this.#kept = kept;
  }

  /** This process hears people on the platform from now on. */
  begin(platform: string): void {
    this.#since.set(platform, Date.now());
  }

  since(platform: string): number {
    return this.#since.get(platform) ?? Date.now();
  }

  /** The last word, if it is another process's. It may have ended meanwhile. Rejects when the store fails. */
  async ofOthers(platform: string): Promise<Word | undefined> {
    const word = await this.#kept.get(platform);
    return word?.by === this.#self ? undefined : word;
  }

  /** Another process hears people, and did when this one began to. */
  join(platform: string, { since }: Word): void {
    this.#since.set(platform, Math.min(this.since(platform), since));
  }

  /** Rejects when the store fails. */
  async say(platform: string): Promise<void> {
    await this.#kept.set(platform, { by: this.#self, since: this.since(platform), at: Date.now() });
  }
}

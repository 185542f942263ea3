import type { Keyv } from 'keyv';
import type { IncomingMessage } from '../platform.ts';

/** Slack delivers an event again for up to 24 hours. */
const REMEMBERED_MS = 26 * 60 * 60 * 1_000;

/** So many of the newest messages are remembered here, too: an event often comes twice within a second. */
const MAX_RECENT = 10_000;

/** Lets each message through once, however often its platform delivers it, before and after a restart. */
export class Inbox {
  readonly #seen: Keyv<true>;
  readonly #onError: (error: unknown) => void;
  readonly #recent = new Set<string>();

  /** `onError` is told when the store fails. Messages are let through then, so that somebody can answer what is wrong. */
  constructor(seen: Keyv<true>, onError: (error: unknown) => void) {
    this.#seen = seen;
    this.#onError = onError;
  }

  /** The messages that were not let through before. */
  async fresh(messages: IncomingMessage[]): Promise<IncomingMessage[]> {
    const unknown = messages.filter((message) => this.#isNew(keyOf(message)));
    if (unknown.length === 0) return [];
    try {
      const seen = await this.#seen.hasMany(unknown.map(keyOf));
      const fresh = unknown.filter((_, index) => !seen[index]);
      await this.#seen.setMany(
        fresh.map((message) => ({ key: keyOf(message), value: true, ttl: REMEMBERED_MS })),
      );
      return fresh;
    } catch (error) {
      this.#onError(error);
      return unknown;
    }
  }

  #isNew(key: string): boolean {
    if (this.#recent.has(key)) return false;
    this.#recent.add(key);
    const [oldest] = this.#recent;
    if (this.#recent.size > MAX_RECENT && oldest !== undefined) this.#recent.delete(oldest);
    return true;
  }
}

function keyOf({ conversation, id }: IncomingMessage): string {
  return `${conversation} ${id}`;
}

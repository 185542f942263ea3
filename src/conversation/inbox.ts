import type { Keyv } from 'keyv';
import type { IncomingMessage } from '../platform.ts';

/** Slack delivers an event again for up to 24 hours. */
const REMEMBERED_MS = 26 * 60 * 60 * 1_000;

/** Lets each message through once, however often its platform delivers it, before and after a restart. */
export class Inbox {
  readonly #seen: Keyv<true>;

  constructor(seen: Keyv<true>) {
    this.#seen = seen;
  }

  /** The messages that were not let through before. One conversation's messages are asked for one call at a time. */
  async fresh(messages: IncomingMessage[]): Promise<IncomingMessage[]> {
    const fresh: IncomingMessage[] = [];
    for (const message of messages) {
      const key = `${message.conversation} ${message.id}`;
      if (await this.#seen.has(key)) continue;
      await this.#seen.set(key, true, REMEMBERED_MS);
      fresh.push(message);
    }
    return fresh;
  }
}

import type { Logger } from '../log.ts';
import { persist, SHORT_OUTAGE_MS } from '../persist.ts';
import type { ThreadMap } from './thread/thread-map.ts';

/** So many are known without a look into the store; those that were used longest ago are looked up again. */
const MAX_KNOWN = 10_000;

const NEVER = new AbortController().signal;

/** Which conversations have begun: adapters ask it of each message that does not call the bot. */
export class KnownConversations {
  readonly #threads: Pick<ThreadMap, 'has'>;
  readonly #log: Logger;
  /** Used longest ago first. */
  readonly #known = new Set<string>();

  constructor(threads: Pick<ThreadMap, 'has'>, log: Logger) {
    this.#threads = threads;
    this.#log = log;
  }

  /** It has begun, or is used again. */
  add(conversation: string): void {
    this.#known.delete(conversation);
    this.#known.add(conversation);
    const [oldest] = this.#known;
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
  }

  /** Nothing is left of it. */
  delete(conversation: string): void {
    this.#known.delete(conversation);
  }

  /** Rejects when the store fails for longer than it takes to start it anew: what is not known is not nothing. */
  async has(conversation: string): Promise<boolean> {
    if (this.#known.has(conversation)) return true;
    const isKnown = await persist(() => this.#threads.has(conversation), {
      signal: NEVER,
      withinMs: SHORT_OUTAGE_MS,
      onError: (err) =>
        this.#log.warn({ err, conversation }, 'whether a conversation has begun could not be looked up yet'),
    });
    if (isKnown) this.add(conversation);
    return isKnown ?? false;
  }
}

import type { Written } from './events.ts';

/** So long a mention waits for the `message` event of the same message, in milliseconds; the two come within moments. */
const SIBLING_MS = 2_000;

/** Where a mention has waited in vain it does not so again for so long, in milliseconds: perhaps nothing ever comes. */
const ALONE_MS = 3_600_000;

/** So many messages, and so many channels, are remembered; the oldest go first. */
const MAX_REMEMBERED = 1_000;

/** One message, as far as its events have come. */
interface Heard {
  /** Takes in the richer sibling, while it is waited for. */
  readonly enrich: (written: Written) => void;
  readonly taken: Promise<void>;
}

/**
 * A mention comes as an `app_mention` and as a `message`, in either order, and only the `message` is sure to have its
 * files and what it shares. Some apps hear of one of the two only. Slack delivers both again until they are acknowledged.
 */
export class EventPairs {
  readonly #heard = new Map<string, Heard>();
  /** Until when mentions in a channel are not made to wait. */
  readonly #aloneUntil = new Map<string, number>();
  readonly #siblingMs: number;

  constructor(siblingMs = SIBLING_MS) {
    this.#siblingMs = siblingMs;
  }

  /**
   * Has a message taken once, in the richest of its events. Whoever brings it again waits for the same, and is told when
   * that fails; then it is taken anew when it comes once more.
   */
  async take(written: Written, take: (richest: Promise<Written>) => Promise<void>): Promise<void> {
    const { type, channel } = written;
    const key = keyOf(written);
    if (type === 'message') this.#aloneUntil.delete(channel);
    const known = this.#heard.get(key);
    if (known) {
      if (type === 'message') known.enrich(written);
      return known.taken;
    }
    const isAlone = performance.now() < (this.#aloneUntil.get(channel) ?? 0);
    const { promise: richest, resolve: enrich } = Promise.withResolvers<Written>();
    if (type === 'message' || isAlone) enrich(written);
    else this.#waitFor(written, richest, enrich);
    const taken = take(richest);
    remember(this.#heard, key, { enrich, taken });
    await taken.catch((error: unknown) => {
      this.#heard.delete(key);
      throw error;
    });
  }

  /** Goes without the sibling when it takes too long. */
  #waitFor(mention: Written, richest: Promise<Written>, settle: (written: Written) => void): void {
    const timer = setTimeout(() => {
      remember(this.#aloneUntil, mention.channel, performance.now() + ALONE_MS);
      settle(mention);
    }, this.#siblingMs);
    void richest.then(() => clearTimeout(timer));
  }
}

function keyOf({ channel, ts }: Written): string {
  return `${channel} ${ts}`;
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MAX_REMEMBERED && oldest !== undefined) map.delete(oldest);
}

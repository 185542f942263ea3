import type { Written } from './events.ts';

/** So long a mention waits for the `message` event of the same message, in milliseconds; the two come within moments. */
const SIBLING_MS = 2_000;

/** Where a mention has waited in vain it does not so again for so long, in milliseconds: perhaps nothing ever comes. */
const ALONE_MS = 3_600_000;

/** So many messages, and so many channels, are remembered; the oldest go first. */
const MAX_REMEMBERED = 1_000;

type Settle = (written: Written) => void;

/**
 * A mention comes as an `app_mention` and as a `message`, in either order, and only the `message` is sure to have its
 * files and what it shares. Some apps hear of one of the two only.
 */
export class EventPairs {
  /** By message; a function takes in the sibling that is waited for. */
  readonly #heard = new Map<string, Settle | undefined>();
  /** Until when mentions in a channel are not made to wait. */
  readonly #aloneUntil = new Map<string, number>();
  readonly #siblingMs: number;

  constructor(siblingMs = SIBLING_MS) {
    this.#siblingMs = siblingMs;
  }

  /** The richest event of the message, for the first who asks; undefined when the message is taken care of. */
  hear(written: Written): Promise<Written> | undefined {
    const { type, channel } = written;
    const key = keyOf(written);
    if (type === 'message') this.#aloneUntil.delete(channel);
    if (this.#heard.has(key)) {
      if (type === 'message') this.#heard.get(key)?.(written);
      return undefined;
    }
    remember(this.#heard, key, undefined);
    const isAlone = performance.now() < (this.#aloneUntil.get(channel) ?? 0);
    return type === 'message' || isAlone ? Promise.resolve(written) : this.#withSibling(written);
  }

  /** What was heard could not be taken: its sibling, or the same event delivered again, may be. */
  forget(written: Written): void {
    this.#heard.delete(keyOf(written));
  }

  async #withSibling(mention: Written): Promise<Written> {
    const key = keyOf(mention);
    const { promise, resolve } = Promise.withResolvers<Written>();
    const timer = setTimeout(() => {
      remember(this.#aloneUntil, mention.channel, performance.now() + ALONE_MS);
      resolve(mention);
    }, this.#siblingMs);
    this.#heard.set(key, resolve);
    const richest = await promise;
    clearTimeout(timer);
    if (this.#heard.has(key)) this.#heard.set(key, undefined);
    return richest;
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

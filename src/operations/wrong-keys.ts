import type { ServerResponse } from 'node:http';
import { SocketAddress } from 'node:net';
import { type Clock, systemClock } from '../reply/publisher/clock.ts';

/** So many wrong keys of one address cost nothing: a program that has an old key asks a few times. */
const FREE = 10;

/** So many beyond those are counted: from there on the wait grows no more, and who stops is forgotten in two minutes. */
const MOST_COUNTED = 10;

/** For one of them to be forgotten, in ms. */
const FORGOTTEN_MS = 6_000;

/** What the first one beyond those waits for its answer, in ms; each further one waits twice as long, up to the most. */
const FIRST_WAIT_MS = 100;
const MOST_WAIT_MS = 5_000;

/** So many answers are held back at once, since each keeps a connection, perhaps one of a proxy. More are given at once. */
const MOST_HELD = 200;

/** So many addresses are remembered, those that were heard of last: about 1 MB. */
const MOST_ADDRESSES = 10_000;

interface Heard {
  /** How many wrong keys are remembered, as of then. */
  count: number;
  at: number;
}

/**
 * Slows down whoever tries keys, by address. Nobody with a right key ever waits, also at the same address, such as a
 * proxy's: so whoever tries keys may give up early and try again on many connections. A key that nobody guesses is what
 * protects; this takes away what trying costs others, and the hope to try a short list quickly.
 */
export class WrongKeys {
  readonly #clock: Clock;
  readonly #heard = new Map<string, Heard>();
  readonly #held = new Set<() => void>();

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Resolves when the answer to a wrong key may go out, or there is nobody any more to get it. */
  async hold(address: string, response: Pick<ServerResponse, 'once' | 'off'>): Promise<void> {
    const ms = this.#waitOf(networkOf(address));
    if (ms === 0 || this.#held.size >= MOST_HELD) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#clock.after(ms, resolve);
    this.#held.add(resolve);
    response.once('close', resolve);
    await promise;
    response.off('close', resolve);
    this.#held.delete(resolve);
    cancel();
  }

  /** Lets go of all answers: the server is closed. */
  close(): void {
    for (const release of this.#held) release();
  }

  /** Notes one more wrong key; how long its answer waits. */
  #waitOf(network: string): number {
    const now = this.#clock.now();
    const { count, at } = this.#heard.get(network) ?? { count: 0, at: now };
    const left = Math.max(0, count - (now - at) / FORGOTTEN_MS) + 1;
    // The one that was heard of last is the last to be forgotten.
    this.#heard.delete(network);
    this.#heard.set(network, { count: Math.min(left, FREE + MOST_COUNTED), at: now });
    const [oldest] = this.#heard.size > MOST_ADDRESSES ? this.#heard.keys() : [];
    if (oldest !== undefined) this.#heard.delete(oldest);
    const beyond = Math.ceil(left - FREE);
    return beyond <= 0 ? 0 : Math.min(FIRST_WAIT_MS * 2 ** (beyond - 1), MOST_WAIT_MS);
  }
}

/** What one customer of a network is given: an IPv4 address, or 64 bits of IPv6. https://www.rfc-editor.org/rfc/rfc6177 */
function networkOf(address: string): string {
  const v4 = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!v4.includes(':')) return v4;
  const bare = SocketAddress.parse(`[${address.replace(/%.*$/, '')}]:1`)?.address ?? address;
  const [head = '', tail] = bare.split('::');
  const groups = head.split(':');
  const zeros = tail === undefined ? [] : Array.from({ length: 4 }, () => '0');
  return [...groups, ...zeros].slice(0, 4).join(':');
}

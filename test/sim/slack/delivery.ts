import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from './objects.ts';
import type { Timing } from './options.ts';

/** Something that Slack sends to an app. */
export interface Envelope {
  type: 'events_api' | 'slash_commands' | 'interactive';
  payload: Json;
}

export interface Attempt {
  /** 0 for the first. */
  number: number;
  /** Why the one before failed. */
  reason: string;
}

export type Outcome =
  | { acked: true /** What the app answered with. */; body: unknown }
  | { acked: false; reason: string; noRetry?: boolean };

/** One way to the app: Socket Mode or HTTP. */
export interface Transport {
  send(envelope: Envelope, attempt: Attempt): Promise<Outcome>;
}

export interface Delivered {
  envelope: Envelope;
  /** When it was sent first and when that was over, as places in the order of all that happened. */
  sentAt: number;
  overAt: number;
  attempts: number;
  outcome: Outcome;
}

/**
 * Brings envelopes to the app, none waiting for another. Only events are tried again; whoever pressed a button or
 * gave a command sees that it failed.
 */
export class Delivery {
  /** All that is over, in the order in which it ended. */
  readonly log: Delivered[] = [];
  readonly #timing: Timing;
  readonly #transport: () => Transport;
  readonly #running = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();
  #moments = 0;
  #held: (() => void)[] | undefined;
  #duplicates = 0;

  constructor(timing: Timing, transport: () => Transport) {
    this.#timing = timing;
    this.#transport = transport;
  }

  dispatch(envelope: Envelope): Promise<Outcome> {
    const copies = envelope.type === 'events_api' && this.#duplicates > 0 ? 2 : 1;
    this.#duplicates -= copies - 1;
    const outcomes = Array.from({ length: copies }, () =>
      this.#track(this.#whenReleased(() => this.#deliver(envelope))),
    );
    return Promise.all(outcomes).then(([first]) => first ?? { acked: false, reason: 'closed' });
  }

  /** Each of the next `count` events arrives twice, under the same `event_id`. */
  duplicateNext(count: number): void {
    this.#duplicates = count;
  }

  /** Keeps everything back until `release`. */
  hold(): void {
    this.#held ??= [];
  }

  /** Sends what was kept back, last first if it is to arrive out of order. */
  release(order: 'as sent' | 'reversed' = 'as sent'): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const send of order === 'reversed' ? held.reverse() : held) send();
  }

  /** Whether nothing is under way any more: acknowledged or given up. */
  get isSettled(): boolean {
    return this.#running.size === 0;
  }

  /** Resolves when nothing is under way any more: acknowledged or given up. */
  async settled(): Promise<void> {
    while (!this.isSettled) await Promise.allSettled([...this.#running]);
  }

  close(): void {
    this.#closing.abort();
    this.release();
  }

  #whenReleased(send: () => Promise<Outcome>): Promise<Outcome> {
    const held = this.#held;
    if (held === undefined) return send();
    return new Promise((resolve) => held.push(() => resolve(send())));
  }

  async #deliver(envelope: Envelope): Promise<Outcome> {
    const delays = envelope.type === 'events_api' ? this.#timing.retryDelaysMs : [];
    const sentAt = this.#moments++;
    let attempts = 0;
    let outcome: Outcome = { acked: false, reason: '' };
    for (const delay of [0, ...delays]) {
      if (delay > 0) await sleep(delay, undefined, { signal: this.#closing.signal }).catch(() => {});
      if (this.#closing.signal.aborted) break;
      outcome = await this.#transport().send(envelope, {
        number: attempts,
        reason: outcome.acked ? '' : outcome.reason,
      });
      attempts += 1;
      if (outcome.acked || outcome.noRetry === true) break;
    }
    this.log.push({ envelope, sentAt, overAt: this.#moments++, attempts, outcome });
    return outcome;
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    const done = () => this.#running.delete(work);
    work.then(done, done);
    return work;
  }
}

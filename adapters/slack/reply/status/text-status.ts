import type { Place } from '../../place.ts';
import type { StatusCalls } from './status-calls.ts';

/** Slack takes a status away after two minutes: https://docs.slack.dev/reference/methods/assistant.threads.setStatus */
const RENEWAL_MS = 90_000;

/** What a thread's status says in words. Slack takes it away by itself when a message appears. */
export class TextStatus {
  readonly #calls: StatusCalls;
  readonly #place: Place;
  readonly #renewal = setInterval(() => this.renew(), RENEWAL_MS).unref();
  #wanted = '';
  #shown = '';
  /** What brings the one to the other, while it is under way. */
  #catchingUp: Promise<void> | undefined;

  constructor(calls: StatusCalls, place: Place) {
    this.#calls = calls;
    this.#place = place;
  }

  /** Nothing when it is empty. */
  show(status: string): void {
    this.#wanted = status;
    if (this.#wanted !== this.#shown) this.#catchingUp ??= this.#catchUp();
  }

  /** A message has appeared in the thread; words that are on their way come after it, and stay. */
  posted(): void {
    if (!this.#catchingUp) this.#shown = '';
  }

  /** Shows the words once more, if there are any. */
  renew(): void {
    if (this.#catchingUp || this.#shown === '') return;
    this.#shown = '';
    this.#catchingUp = this.#catchUp();
  }

  /**
   * For an agent the words have begun a session, too, which a message does not end: so they are always taken back. Says
   * whether nothing is left to see of them. Never rejects.
   */
  async end(signal: AbortSignal): Promise<boolean> {
    clearInterval(this.#renewal);
    this.#wanted = this.#shown;
    await this.#catchingUp;
    return this.#calls.clearText(this.#place, signal);
  }

  async #catchUp(): Promise<void> {
    while (this.#wanted !== this.#shown) {
      const status = this.#wanted;
      this.#shown = status;
      await this.#calls.showText(this.#place, status).catch((error: unknown) => this.#calls.failed(error));
    }
    this.#catchingUp = undefined;
  }
}

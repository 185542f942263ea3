import { mayHaveWorked } from '../../failures.ts';
import type { Place } from '../../place.ts';
import type { StatusCalls } from './status-calls.ts';

/**
 * The status of an agent session, which brings Slack's own Stop button and lets replies stream. It takes no words, and
 * does not end by itself: https://docs.slack.dev/ai/agent-sessions
 */
export class AgentSession {
  readonly #calls: StatusCalls;
  readonly #place: Place;
  /** Slack may show the Stop button: it has been asked for and not refused, or another process has asked for it before. */
  mayBeOpen = true;
  /** Whether Slack shows the Stop button, as far as is known: it has been asked for, and not refused. */
  isOpen = true;
  /** Ends when Slack has answered; never rejects. */
  readonly opened: Promise<void>;
  #renewed: Promise<void> | undefined;

  /** @param wasOpen Another process may have opened it, or the turn before. */
  constructor(calls: StatusCalls, place: Place, wasOpen: boolean, onRefused: (error: unknown) => void) {
    this.#calls = calls;
    this.#place = place;
    this.opened = calls.openSession(place).catch((error: unknown) => {
      this.isOpen = false;
      // Slack may have opened it although its answer was lost: then it has to be ended, and no words may stand beside.
      const wasRefused = !mayHaveWorked(error);
      this.mayBeOpen = wasOpen || !wasRefused;
      if (wasRefused) onRefused(error);
      else calls.failed(error);
    });
  }

  /** The session was begun before its title was known, and it takes one only when it begins. */
  async rename(title: string): Promise<void> {
    await this.opened;
    if (this.isOpen)
      await this.#calls.rename(this.#place, title).catch((error: unknown) => this.#calls.failed(error));
  }

  /** Shows it once more, whatever has become of it. */
  renew(): void {
    this.#renewed = this.#calls.openSession(this.#place).catch((error: unknown) => this.#calls.failed(error));
  }

  /** Says whether nothing is left to see of it. Never rejects. */
  async end(signal: AbortSignal): Promise<boolean> {
    await this.opened;
    await this.#renewed;
    return !this.mayBeOpen || (await this.#calls.endSession(this.#place, signal));
  }
}

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
  /** Whether Slack shows the Stop button, as far as is known: it has been asked for, and not refused. */
  isOpen = true;
  /** Ends when Slack has answered; never rejects. */
  readonly opened: Promise<void>;
  #wasRefused = false;
  #renewed: Promise<void> | undefined;

  constructor(calls: StatusCalls, place: Place, onRefused: (error: unknown) => void) {
    this.#calls = calls;
    this.#place = place;
    this.opened = calls.setSession(place, 'processing').catch((error: unknown) => {
      this.isOpen = false;
      // Slack may have opened it although its answer was lost: then it has to be ended, and no words may stand beside.
      this.#wasRefused = !mayHaveWorked(error);
      if (this.#wasRefused) onRefused(error);
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
    this.#renewed = this.#calls
      .setSession(this.#place, 'processing')
      .catch((error: unknown) => this.#calls.failed(error));
  }

  async end(signal: AbortSignal): Promise<void> {
    await this.opened;
    await this.#renewed;
    if (this.#wasRefused) return;
    await this.#calls.surely(() => this.#calls.setSession(this.#place, 'active'), signal);
  }
}

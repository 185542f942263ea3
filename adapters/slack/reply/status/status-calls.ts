import { setTimeout as sleep } from 'node:timers/promises';
import type { webApi } from '@slack/bolt';
import type { Budget } from '../../../../src/budget.ts';
import type { Logger } from '../../../../src/log.ts';
import { Unavailable } from '../../../../src/platform.ts';
import { type Budgets, heedLimit, takeInTime, takeSurely } from '../../budgets.ts';
import { slackCode, translated } from '../../failures.ts';
import type { Place } from '../../place.ts';

/** What is set for a while is taken back for sure: tried again after so many milliseconds. */
const CLEARING_DELAYS_MS = [0, 1_000, 5_000, 30_000];

/** A sign of work that finds no place among Slack's calls so soon, in ms, is left out: it is for show. */
const SHOWN_WITHIN_MS = 1_000;

/** Slack ends `assistant.threads.setStatus` in 2027, and answers one of these from then on. */
const METHOD_GONE: ReadonlySet<string> = new Set([
  'unknown_method',
  'method_deprecated',
  'deprecated_endpoint',
]);

type Thread = Pick<Place, 'channel' | 'thread'>;

const ALWAYS = () => true;

/** A sign of work was left out, since so many are shown. */
class NoPlace extends Error {}

export type StatusBudgets = Pick<Budgets, 'statuses' | 'sessionStatuses'>;

/** The Web API's calls for what Slack shows beside a thread. They throw what `@slack/web-api` throws. */
export class StatusCalls {
  readonly #client: webApi.WebClient;
  readonly #budgets: StatusBudgets;
  readonly #log: Logger;
  readonly #timeScale: number;
  /** Slack takes no status in words any more. */
  hasNoWords = false;

  /** @param timeScale How long what is done in a second takes, in seconds. */
  constructor(client: webApi.WebClient, budgets: StatusBudgets, log: Logger, timeScale: number) {
    this.#client = client;
    this.#budgets = budgets;
    this.#log = log;
    this.#timeScale = timeScale;
  }

  /** Says what is done. Throws where too much is said at the moment. */
  async showText(thread: Thread, status: string): Promise<void> {
    const budget = this.#budgets.statuses;
    if (!this.hasNoWords) await this.#shown(takeInTime, budget, () => this.#setText(thread, status));
  }

  /** Takes the words away, for sure: see `#surely`. */
  clearText(thread: Thread, signal: AbortSignal, isDue = ALWAYS): Promise<boolean> {
    return this.#surely(this.#budgets.statuses, () => this.#setText(thread, ''), signal, isDue);
  }

  /**
   * Opens the agent session, or keeps it open; at no pace, since a reply streams only with one. Throws where too many are
   * opened at the moment.
   */
  async openSession(thread: Thread): Promise<void> {
    const budget = this.#budgets.sessionStatuses;
    await this.#shown(takeSurely, budget, () => this.#setSession(thread, 'processing'));
  }

  /** Ends the agent session, for sure: see `#surely`. */
  endSession(thread: Thread, signal: AbortSignal, isDue = ALWAYS): Promise<boolean> {
    return this.#surely(
      this.#budgets.sessionStatuses,
      () => this.#setSession(thread, 'active'),
      signal,
      isDue,
    );
  }

  async setTitle({ channel, thread }: Thread, title: string): Promise<void> {
    await this.#client.assistant.threads.setTitle({ channel_id: channel, thread_ts: thread, title });
  }

  async rename({ channel, thread }: Thread, title: string): Promise<void> {
    await this.#client.agents.sessions.rename({ channel_id: channel, thread_ts: thread, title });
  }

  /** All of it is for show: when a call fails the answer goes on without. */
  failed(error: unknown): void {
    this.#log.debug({ err: error }, 'Slack does not show what is done');
  }

  async #setText({ channel, thread }: Thread, status: string): Promise<void> {
    if (this.hasNoWords) return;
    const call = { channel_id: channel, thread_ts: thread, status };
    await this.#client.assistant.threads.setStatus(call).catch((error: unknown) => {
      if (!METHOD_GONE.has(slackCode(error) ?? '')) throw error;
      this.hasNoWords = true;
      this.#log.info('Slack takes no status in words any more, so there is none, or an agent session’s');
    });
  }

  async #setSession({ channel, thread }: Thread, status: 'processing' | 'active'): Promise<void> {
    await this.#client.agents.sessions.setStatus({ channel_id: channel, thread_ts: thread, status });
  }

  async #shown(take: typeof takeInTime, budget: Budget, call: () => Promise<void>): Promise<void> {
    if (!(await take(budget, AbortSignal.timeout(SHOWN_WITHIN_MS))))
      throw new NoPlace('So many signs of work are shown that there is no place for one more.');
    await call().catch((error: unknown) => {
      heedLimit(error, budget);
      throw error;
    });
  }

  /**
   * Calls until it succeeds, is refused for good, is not due any more, or `signal` says that there is no more time for it.
   * Says whether nothing is left to do. Never rejects.
   */
  async #surely(
    budget: Budget,
    call: () => Promise<void>,
    signal: AbortSignal,
    isDue: () => boolean,
  ): Promise<boolean> {
    for (const delay of CLEARING_DELAYS_MS) {
      try {
        if (delay > 0) await sleep(delay * this.#timeScale, undefined, { signal });
        // Without more time, and a place, it is tried once all the same.
        await takeSurely(budget, signal);
        if (!isDue()) return false;
        await call();
        return true;
      } catch (error) {
        if (signal.aborted) return false;
        this.failed(error);
        if (!heedLimit(error, budget) && !(translated(error) instanceof Unavailable)) return true;
      }
    }
    return false;
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { webApi } from '@slack/bolt';
import type { Logger } from '../../../../src/log.ts';
import { RateLimited, Unavailable } from '../../../../src/platform.ts';
import { slackCode, translated } from '../../failures.ts';
import type { Place } from '../../place.ts';

/** What is set for a while is taken back for sure: tried again after so many milliseconds. */
const CLEARING_DELAYS_MS = [0, 1_000, 5_000, 30_000];

/** Slack ends `assistant.threads.setStatus` in 2027, and answers one of these from then on. */
const METHOD_GONE: ReadonlySet<string> = new Set([
  'unknown_method',
  'method_deprecated',
  'deprecated_endpoint',
]);

type Thread = Pick<Place, 'channel' | 'thread'>;

/** The Web API's calls for what Slack shows beside a thread. They throw what `@slack/web-api` throws. */
export class StatusCalls {
  readonly #client: webApi.WebClient;
  readonly #log: Logger;
  readonly #timeScale: number;
  /** Slack takes no status in words any more. */
  hasNoWords = false;

  /** @param timeScale How long what is done in a second takes, in seconds. */
  constructor(client: webApi.WebClient, log: Logger, timeScale: number) {
    this.#client = client;
    this.#log = log;
    this.#timeScale = timeScale;
  }

  async setText({ channel, thread }: Thread, status: string): Promise<void> {
    if (this.hasNoWords) return;
    const call = { channel_id: channel, thread_ts: thread, status };
    await this.#client.assistant.threads.setStatus(call).catch((error: unknown) => {
      if (!METHOD_GONE.has(slackCode(error) ?? '')) throw error;
      this.hasNoWords = true;
      this.#log.info('Slack takes no status in words any more, so there is none, or an agent session’s');
    });
  }

  async setTitle({ channel, thread }: Thread, title: string): Promise<void> {
    await this.#client.assistant.threads.setTitle({ channel_id: channel, thread_ts: thread, title });
  }

  async setSession({ channel, thread }: Thread, status: 'processing' | 'active'): Promise<void> {
    await this.#client.agents.sessions.setStatus({ channel_id: channel, thread_ts: thread, status });
  }

  async rename({ channel, thread }: Thread, title: string): Promise<void> {
    await this.#client.agents.sessions.rename({ channel_id: channel, thread_ts: thread, title });
  }

  /** All of it is for show: when a call fails the answer goes on without. */
  failed(error: unknown): void {
    this.#log.debug({ err: error }, 'Slack does not show what is done');
  }

  /** Calls until it succeeds, is refused for good, or `signal` says that there is no more time for it. Never rejects. */
  async surely(call: () => Promise<void>, signal: AbortSignal): Promise<void> {
    let waitMs = 0;
    for (const delay of CLEARING_DELAYS_MS) {
      try {
        if (delay > 0) await sleep(Math.max(delay, waitMs) * this.#timeScale, undefined, { signal });
        return await call();
      } catch (error) {
        if (signal.aborted) return;
        this.failed(error);
        const known = translated(error);
        if (known instanceof RateLimited) waitMs = known.retryAfterMs;
        else if (!(known instanceof Unavailable)) return;
      }
    }
  }
}

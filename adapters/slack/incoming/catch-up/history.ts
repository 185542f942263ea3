import type { webApi } from '@slack/bolt';
import type { Budget } from '../../../../src/budget.ts';
import { LONG_OUTAGE_MS, persist } from '../../../../src/persist.ts';
import { Unavailable } from '../../../../src/platform.ts';
import { type Budgets, heedLimit, takeInTime, takeSurely } from '../../budgets.ts';
import { translated } from '../../failures.ts';
import type { Thread } from './threads.ts';

/** A page; Slack asks for no more than 200 messages at a time. */
const PAGE = 200;

/** Of a place in which more pages were written the rest is not read. */
const MAX_PAGES = 5;

type Page = { messages?: unknown[]; response_metadata?: { next_cursor?: string } };

export interface HistoryOptions {
  client: webApi.WebClient;
  budgets: Pick<Budgets, 'history' | 'missedReplies' | 'replies'>;
  /** Ends every reading; what is under way rejects. */
  signal: AbortSignal;
}

/** What was written on Slack, as far as an app may read it. Outlasts Slack's trouble; rejects where Slack refuses. */
export class History {
  readonly #options: HistoryOptions;

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /** What stands in a channel itself, from one time of Slack's to another, both included. People wait for it. */
  channel(channel: string, oldest: string, latest: string): Promise<unknown[]> {
    const { client, budgets } = this.#options;
    const range = { channel, oldest, latest, inclusive: true };
    return this.#pages(budgets.history, takeSurely, (page) =>
      client.conversations.history({ ...range, ...page }),
    );
  }

  /** What stands in a thread after a time of Slack's. */
  thread(thread: Thread, oldest: string): Promise<unknown[]> {
    return this.#pages(this.#options.budgets.missedReplies, takeInTime, this.#readIn(thread, oldest));
  }

  /** The same where somebody waits for it. */
  threadAtOnce(thread: Thread, oldest: string): Promise<unknown[]> {
    return this.#pages(this.#options.budgets.replies, takeSurely, this.#readIn(thread, oldest));
  }

  #readIn({ channel, thread: ts }: Thread, oldest: string) {
    return (page: object) => this.#options.client.conversations.replies({ channel, ts, oldest, ...page });
  }

  async #pages(
    budget: Budget,
    take: typeof takeInTime,
    read: (page: object) => Promise<Page>,
  ): Promise<unknown[]> {
    const { signal } = this.#options;
    const found: unknown[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const next = () => read({ limit: PAGE, ...(cursor && { cursor }) });
      const outlasting = { signal, withinMs: LONG_OUTAGE_MS, onError: throwUnlessUnavailable };
      const answer = await persist(() => this.#page(budget, take, next), outlasting);
      if (!answer) throw signal.reason;
      found.push(...(answer.messages ?? []));
      cursor = answer.response_metadata?.next_cursor;
      if (!cursor) break;
    }
    return found;
  }

  async #page(budget: Budget, take: typeof takeInTime, read: () => Promise<Page>): Promise<Page> {
    const { signal } = this.#options;
    while (await take(budget, signal)) {
      try {
        return await read();
      } catch (error) {
        if (!heedLimit(error, budget)) throw translated(error);
      }
    }
    throw signal.reason;
  }
}

function throwUnlessUnavailable(error: unknown): void {
  if (!(error instanceof Unavailable)) throw error;
}

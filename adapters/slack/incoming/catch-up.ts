import type { webApi } from '@slack/bolt';
import type { Logger } from '../../../src/log.ts';
import { type Bot, type Budget, RateLimited } from '../../../src/platform.ts';
import { type Budgets, takeInTime } from '../budgets.ts';
import { translated } from '../failures.ts';
import type { Identity } from '../identity.ts';
import { conversationOf, isDirect, type Place } from '../place.ts';
import type { Arrivals } from './arrivals.ts';
import { addressed, writtenIn } from './events.ts';

/** So many conversations are looked through, those that were used last: two minutes of what the app reads for it. */
const MAX_THREADS = 60;

/** So many channels, in which new conversations may have begun. */
const MAX_CHANNELS = 50;

/** A page; Slack asks for no more than 200 messages at a time. */
const PAGE = 200;

/** Of a place in which more pages were written the rest is not read. */
const MAX_PAGES = 5;

type Thread = Pick<Place, 'channel' | 'thread'>;
type Page = { messages?: unknown[]; response_metadata?: { next_cursor?: string } };

export interface CatchUpOptions {
  bot: Bot;
  client: webApi.WebClient;
  budgets: Budgets;
  identity: Identity;
  arrivals: Arrivals;
  log: Logger;
}

/** Finds what was written to the app while nobody was there to hear it. What was heard all the same is taken once. */
export class CatchUp {
  readonly #options: CatchUpOptions;

  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  /** First the conversations that were used lately, then new ones in their channels. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { bot, log } = this.#options;
    try {
      const absence = await bot.absence('slack');
      if (!absence) return;
      const threads = absence.conversations.flatMap((name) => threadOf(name) ?? []).slice(0, MAX_THREADS);
      const channels = [...new Set(threads.map(({ channel }) => channel))].slice(0, MAX_CHANNELS);
      const oldest = (absence.since / 1_000).toFixed(6);
      log.info({ since: absence.since, threads: threads.length }, 'looking for what was written meanwhile');
      for (const thread of threads)
        await this.#orLog(thread, () => this.#thread(thread, oldest, signal), signal);
      for (const channel of channels)
        await this.#orLog({ channel }, () => this.#channel(channel, oldest, signal), signal);
      if (!signal.aborted) absence.taken();
    } catch (error) {
      log.warn({ err: error }, 'what was written meanwhile could not be looked for');
    }
  }

  async #thread({ channel, thread: ts }: Thread, oldest: string, signal: AbortSignal): Promise<void> {
    const { client, budgets, arrivals } = this.#options;
    const read = (page: object) => client.conversations.replies({ channel, ts, oldest, ...page });
    const messages = await this.#pages(budgets.missedReplies, read, signal);
    for (const event of eventsOf(channel, messages, oldest)) await arrivals.heard(event);
  }

  /** The messages that begin conversations; and what was written in these. */
  async #channel(channel: string, oldest: string, signal: AbortSignal): Promise<void> {
    const { client, budgets, identity, arrivals } = this.#options;
    const read = (page: object) => client.conversations.history({ channel, oldest, ...page });
    const messages = await this.#pages(budgets.history, read, signal);
    for (const event of eventsOf(channel, messages, oldest)) {
      const written = writtenIn(event, identity.user);
      if (!written || addressed(written, identity.user) !== 'yes') continue;
      await arrivals.heard(event);
      const hasReplies = written.thread_ts === written.ts;
      if (hasReplies) await this.#thread({ channel, thread: written.ts }, oldest, signal);
    }
  }

  async #pages(
    budget: Budget,
    read: (page: object) => Promise<Page>,
    signal: AbortSignal,
  ): Promise<unknown[]> {
    const found: unknown[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const answer = await this.#page(budget, () => read({ limit: PAGE, ...(cursor && { cursor }) }), signal);
      found.push(...(answer.messages ?? []));
      cursor = answer.response_metadata?.next_cursor;
      if (!cursor) break;
    }
    return found;
  }

  async #page(budget: Budget, read: () => Promise<Page>, signal: AbortSignal): Promise<Page> {
    while (await takeInTime(budget, signal)) {
      try {
        return await read();
      } catch (error) {
        const known = translated(error);
        if (!(known instanceof RateLimited)) throw known;
        budget.refused(known.retryAfterMs);
      }
    }
    throw signal.reason;
  }

  /** Where one place can't be read, the others are. */
  async #orLog(place: Partial<Thread>, work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await work().catch((error: unknown) => {
      if (!signal.aborted)
        this.#options.log.warn(
          { err: error, ...place },
          'what was written there meanwhile could not be read',
        );
    });
  }
}

/** What a place holds, as events would have told it, oldest first. What was edited since is new all the same. */
function eventsOf(channel: string, messages: readonly unknown[], oldest: string): { ts?: unknown }[] {
  const kind = isDirect({ channel }) ? { channel_type: 'im' } : {};
  return messages
    .map((message) => ({ ...Object(message), channel, ...kind, edited: undefined }))
    .filter(({ ts }) => Number(ts) > Number(oldest))
    .sort((one, other) => Number(one.ts) - Number(other.ts));
}

/** The thread that a conversation is; undefined when its name is none of Slack's. */
function threadOf(conversation: string): Thread | undefined {
  const [platform, channel, thread] = conversation.split(':');
  if (platform !== 'slack' || !channel || !thread) return undefined;
  return conversation === conversationOf({ channel, thread }) ? { channel, thread } : undefined;
}

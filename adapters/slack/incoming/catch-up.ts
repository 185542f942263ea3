import { setTimeout as sleep } from 'node:timers/promises';
import type { webApi } from '@slack/bolt';
import { z } from 'zod';
import type { Logger } from '../../../src/log.ts';
import { type Bot, type Budget, RateLimited } from '../../../src/platform.ts';
import { type Budgets, takeInTime } from '../budgets.ts';
import { translated } from '../failures.ts';
import type { Identity } from '../identity.ts';
import { conversationOf, isDirect, type Place } from '../place.ts';
import type { Activity } from '../reply/status/activity.ts';
import type { Arrivals } from './arrivals.ts';
import { addressed, writtenIn } from './events.ts';

/** So many channels are looked through, those that were used last: two minutes of what Slack lets an app read. */
const MAX_CHANNELS = 100;

/** So many threads of each in which something was written, those that the app knows first. */
const MAX_THREADS = 100;

/** A page; Slack asks for no more than 200 messages at a time. */
const PAGE = 200;

/** Of a place in which more pages were written the rest is not read. */
const MAX_PAGES = 5;

/** A process that died may have left a sign of work: in so many of the places used last, of 50 calls a minute. */
const MAX_SETTLED = 20;

type Thread = Pick<Place, 'channel' | 'thread'>;
type Page = { messages?: unknown[]; response_metadata?: { next_cursor?: string } };

export interface CatchUpOptions {
  bot: Bot;
  client: webApi.WebClient;
  budgets: Budgets;
  identity: Identity;
  arrivals: Arrivals;
  activity: Pick<Activity, 'settle'>;
  log: Logger;
}

/** What is heard now waits so long for what was missed in its channel, in ms: Slack waits three seconds for us. */
const REACHED_WITHIN_MS = 1_500;

/** Finds what was written to the app while nobody was there to hear it. What was heard all the same is taken once. */
export class CatchUp {
  readonly #options: CatchUpOptions;
  readonly #begun = Promise.withResolvers<void>();
  #hasBegun = false;
  /** How the channels are looked through that were not yet. */
  readonly #looks = new Map<string, () => Promise<void>>();

  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  /** Where something is answered by now it stays. */
  #settle(conversations: readonly string[]): void {
    const threads = conversations.flatMap((name) => threadOf(name) ?? []);
    for (const thread of threads.slice(0, MAX_SETTLED)) void this.#options.activity.settle(thread);
  }

  /** Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { bot, log } = this.#options;
    try {
      const absence = await bot.absence('slack');
      if (!absence) return;
      this.#settle(absence.atRest ?? []);
      const channels = [...threadsByChannel(absence.conversations)].slice(0, MAX_CHANNELS);
      const oldest = (absence.since / 1_000).toFixed(6);
      log.info({ since: absence.since, channels: channels.length }, 'looking for what was written meanwhile');
      for (const [channel, threads] of channels) {
        const look = () =>
          this.#orLog({ channel }, () => this.#channel(channel, threads, oldest, signal), signal);
        this.#looks.set(channel, once(look));
      }
      this.#begin();
      for (const [channel] of channels) await this.#look(channel);
      if (!signal.aborted) absence.taken();
    } catch (error) {
      log.warn({ err: error }, 'what was written meanwhile could not be looked for');
    } finally {
      this.#begin();
    }
  }

  /** What was missed in a channel is taken before what is heard there now, if it is found soon. */
  async reached(channel: string): Promise<void> {
    if (this.#hasBegun && !this.#looks.has(channel)) return;
    const found = this.#begun.promise.then(() => this.#look(channel));
    await Promise.race([found, sleep(REACHED_WITHIN_MS, undefined, { ref: false })]);
  }

  #begin(): void {
    this.#hasBegun = true;
    this.#begun.resolve();
  }

  async #look(channel: string): Promise<void> {
    await this.#looks.get(channel)?.();
    this.#looks.delete(channel);
  }

  /** One look at a channel tells of new messages, and in which of its threads something was written. */
  async #channel(channel: string, known: string[], oldest: string, signal: AbortSignal): Promise<void> {
    const { client, budgets, identity, arrivals } = this.#options;
    const from = [oldest, ...known].reduce((least, ts) => (Number(ts) < Number(least) ? ts : least));
    const read = (page: object) =>
      client.conversations.history({ channel, oldest: from, inclusive: true, ...page });
    const roots = (await this.#pages(budgets.history, read, signal)).flatMap((root) => rootOf(root) ?? []);
    for (const event of eventsOf(channel, roots, oldest)) {
      const written = writtenIn(event, identity.user);
      if (written && addressed(written, identity.user) === 'yes') await arrivals.heard(event);
    }
    for (const thread of threadsToRead(roots, known, oldest))
      await this.#orLog({ channel, thread }, () => this.#thread({ channel, thread }, oldest, signal), signal);
  }

  async #thread({ channel, thread: ts }: Thread, oldest: string, signal: AbortSignal): Promise<void> {
    const { client, budgets, arrivals } = this.#options;
    const read = (page: object) => client.conversations.replies({ channel, ts, oldest, ...page });
    const messages = await this.#pages(budgets.missedReplies, read, signal);
    for (const event of eventsOf(channel, messages, oldest)) await arrivals.heard(event);
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

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}

const root = z.looseObject({ ts: z.string(), latest_reply: z.string().optional().catch(undefined) });

type Root = z.infer<typeof root>;

function rootOf(message: unknown): Root | undefined {
  return root.safeParse(message).data;
}

/** The threads in which something was written since, and those of which that can't be told; the known ones first. */
function threadsToRead(roots: readonly Root[], known: readonly string[], oldest: string): string[] {
  const seen = new Set(roots.map(({ ts }) => ts));
  const changed = roots
    .filter(({ latest_reply: latest }) => Number(latest) > Number(oldest))
    .map(({ ts }) => ts);
  const isKnown = new Set(known);
  const threads = [
    ...changed.filter((ts) => isKnown.has(ts)),
    ...known.filter((ts) => !seen.has(ts)),
    ...changed.filter((ts) => !isKnown.has(ts)),
  ];
  return threads.slice(0, MAX_THREADS);
}

/** The threads that are conversations, by their channels. */
function threadsByChannel(conversations: readonly string[]): Map<string, string[]> {
  const threads = conversations.flatMap((name) => threadOf(name) ?? []);
  const channels = Map.groupBy(threads, ({ channel }) => channel);
  return new Map([...channels].map(([channel, of]) => [channel, of.map(({ thread }) => thread)]));
}

/** The thread that a conversation is; undefined when its name is none of Slack's. */
function threadOf(conversation: string): Thread | undefined {
  const [platform, channel, thread] = conversation.split(':');
  if (platform !== 'slack' || !channel || !thread) return undefined;
  return conversation === conversationOf({ channel, thread }) ? { channel, thread } : undefined;
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { webApi } from '@slack/bolt';
import { z } from 'zod';
import type { Budget } from '../../../src/budget.ts';
import type { Logger } from '../../../src/log.ts';
import { LONG_OUTAGE_MS, persist } from '../../../src/persist.ts';
import { type Absence, type Bot, Unavailable } from '../../../src/platform.ts';
import { type Budgets, heedLimit, takeInTime } from '../budgets.ts';
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

/** A process that died may have left a sign of work, in one of so many places used last. */
const MAX_SETTLED = 200;
/** Where one is known to be left it goes at once, in so many of them. */
const SETTLED_AT_ONCE = 20;
/** In the others it goes so many milliseconds apart, which is less than half of 50 calls a minute. */
const SETTLE_EVERY_MS = 3_000;

/** Clocks may differ by so much, in ms, and an event may be so long on its way. */
const MARGIN_MS = 60_000;

type Thread = Pick<Place, 'channel' | 'thread'>;
/** When it was that nobody was there to hear, as far as it is known. */
type Missed = Pick<Absence, 'since' | 'progress'> & { readonly until: number };
type Page = { messages?: unknown[]; response_metadata?: { next_cursor?: string } };

export interface CatchUpOptions {
  bot: Bot;
  client: webApi.WebClient;
  budgets: Budgets;
  identity: Identity;
  arrivals: Arrivals;
  activity: Pick<Activity, 'settle'>;
  /** How long what the adapter does in a second takes, in seconds. */
  timeScale: number;
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
  async #settle({ signsLeft = [], atRest = [], progress }: Absence, signal: AbortSignal): Promise<void> {
    const { activity, bot, timeScale } = this.#options;
    const atOnce = Math.min(signsLeft.length, SETTLED_AT_ONCE);
    const threads = [...signsLeft, ...atRest].flatMap((name) => threadOf(name) ?? []).slice(0, MAX_SETTLED);
    for (const [index, thread] of threads.entries()) {
      if (index >= atOnce) await sleep(SETTLE_EVERY_MS * timeScale, undefined, { signal, ref: false });
      void activity.settle(thread).then((isSettled) => {
        if (!isSettled) return;
        progress?.settled(conversationOf(thread));
        bot.signOfWork(conversationOf(thread), 'gone');
      });
    }
  }

  /** Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { bot, log } = this.#options;
    try {
      const absence = await persist(() => bot.absence('slack'), {
        signal,
        onError: (err) => log.warn({ err }, 'since when nobody has listened could not be looked up yet'),
      });
      if (!absence) return;
      void this.#settle(absence, signal).catch(() => {});
      const unheard = await this.#unheardUntil(absence, signal);
      if (unheard === undefined) return absence.taken();
      const missed = { ...absence, until: unheard + MARGIN_MS };
      const channels = [...threadsByChannel(absence.conversations)].slice(0, MAX_CHANNELS);
      log.info(
        { since: absence.since, until: missed.until, channels: channels.length },
        'looking for what was written meanwhile',
      );
      for (const [channel, threads] of channels) {
        const look = () =>
          this.#orLog({ channel }, () => this.#channel(channel, threads, missed, signal), signal);
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

  /** Reading is dear, and what is heard meanwhile need not wait for what in all likelihood nobody has missed. */
  async #unheardUntil({ unheardUntil }: Absence, signal: AbortSignal): Promise<number | undefined> {
    if (!unheardUntil) return Date.now();
    this.#begin();
    return unheardUntil(signal);
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
  async #channel(channel: string, used: string[], missed: Missed, signal: AbortSignal): Promise<void> {
    const { client, budgets, identity, arrivals } = this.#options;
    const [oldest, latest] = [slackTime(missed.since), slackTime(missed.until)];
    const known = used.filter((ts) => Number(ts) <= Number(latest));
    const from = [oldest, ...known].reduce((least, ts) => (Number(ts) < Number(least) ? ts : least));
    const read = (page: object) =>
      client.conversations.history({ channel, oldest: from, latest, inclusive: true, ...page });
    const roots = (await this.#pages(budgets.history, read, signal)).flatMap((root) => rootOf(root) ?? []);
    for (const event of eventsOf(channel, roots, oldest)) {
      const written = writtenIn(event, identity.user);
      if (written && addressed(written, identity.user) === 'yes') await arrivals.heard(event);
    }
    const sinceIn = (thread: string) => readUntil({ channel, thread }, missed);
    const unread = (thread: string) => Number(sinceIn(thread)) < Number(latest);
    for (const thread of threadsToRead(roots, known, sinceIn, unread))
      await this.#orLog({ channel, thread }, () => this.#thread({ channel, thread }, missed, signal), signal);
  }

  async #thread(place: Thread, missed: Missed, signal: AbortSignal): Promise<void> {
    const { client, budgets, arrivals } = this.#options;
    const { channel, thread: ts } = place;
    const { until, progress } = missed;
    const [oldest, latest] = [readUntil(place, missed), slackTime(until)];
    const isAllThere = until < Date.now() - MARGIN_MS;
    const read = (page: object) => client.conversations.replies({ channel, ts, oldest, latest, ...page });
    const events = eventsOf(channel, await this.#pages(budgets.missedReplies, read, signal), oldest);
    for (const event of events) await arrivals.heard(event);
    const newest = events.at(-1)?.ts;
    if (isAllThere) progress?.read(conversationOf(place), until);
    else if (newest !== undefined) progress?.read(conversationOf(place), Number(newest) * 1_000);
  }

  async #pages(
    budget: Budget,
    read: (page: object) => Promise<Page>,
    signal: AbortSignal,
  ): Promise<unknown[]> {
    const found: unknown[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const next = () => read({ limit: PAGE, ...(cursor && { cursor }) });
      const outlasting = { signal, withinMs: LONG_OUTAGE_MS, onError: throwUnlessUnavailable };
      const answer = await persist(() => this.#page(budget, next, signal), outlasting);
      if (!answer) throw signal.reason;
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
        if (!heedLimit(error, budget)) throw translated(error);
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

function throwUnlessUnavailable(error: unknown): void {
  if (!(error instanceof Unavailable)) throw error;
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

/** Slack's time until which nothing has to be read in a thread. */
function readUntil(thread: Thread, { since, progress }: Missed): string {
  return slackTime(Math.max(since, progress?.readUntil(conversationOf(thread)) ?? 0));
}

function slackTime(ms: number): string {
  return (ms / 1_000).toFixed(6);
}

/** Of unread threads those in which something was written since, or that can't be told; the known ones first. */
function threadsToRead(
  roots: readonly Root[],
  known: readonly string[],
  sinceIn: (thread: string) => string,
  unread: (thread: string) => boolean,
): string[] {
  const seen = new Set(roots.map(({ ts }) => ts));
  const changed = roots
    .filter(({ ts, latest_reply: latest }) => Number(latest) > Number(sinceIn(ts)))
    .map(({ ts }) => ts);
  const isKnown = new Set(known);
  const threads = [
    ...changed.filter((ts) => isKnown.has(ts)),
    ...known.filter((ts) => !seen.has(ts)),
    ...changed.filter((ts) => !isKnown.has(ts)),
  ];
  return threads.filter(unread).slice(0, MAX_THREADS);
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

import { setTimeout as sleep } from 'node:timers/promises';
import type { webApi } from '@slack/bolt';
import type { Logger } from '../../../../src/log.ts';
import { LONG_OUTAGE_MS, persist } from '../../../../src/persist.ts';
import type { Absence, Bot } from '../../../../src/platform.ts';
import type { Budgets } from '../../budgets.ts';
import type { Identity } from '../../identity.ts';
import { conversationOf } from '../../place.ts';
import type { Arrivals } from '../arrivals.ts';
import { writtenIn } from '../events.ts';
import { ChannelLook, type LookOptions } from './channel-look.ts';
import { History } from './history.ts';
import { type SignsLeftOptions, takeSignsAway } from './signs-left.ts';
import { MARGIN_MS, ThreadReads } from './thread-reads.ts';
import { type Thread, threadsByChannel } from './threads.ts';

/** So many channels are looked through, those that were used last: two minutes of what Slack lets an app read. */
const MAX_CHANNELS = 100;

/** What is heard now waits so long for what was missed in its thread, in ms: Slack waits three seconds for us. */
const REACHED_WITHIN_MS = 1_500;

export interface CatchUpOptions extends SignsLeftOptions {
  bot: Bot;
  client: webApi.WebClient;
  budgets: Budgets;
  identity: Identity;
  arrivals: Arrivals;
  log: Logger;
}

/** What may hold something that nobody heard. */
interface Unread {
  readonly threads: ThreadReads;
  readonly conversations: ReadonlySet<string>;
}

/** Finds what was written to the app while nobody was there to hear it. What was heard all the same is taken once. */
export class CatchUp {
  readonly #options: CatchUpOptions;
  /** Undefined where nothing was missed. */
  #unread = Promise.withResolvers<Unread | undefined>();
  #isOver = false;
  #work: Promise<void> = Promise.resolve();

  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  /** Looks after every look that was begun before. Never rejects. */
  run(signal: AbortSignal): Promise<void> {
    this.#work = this.#work.then(() => this.#run(signal));
    return this.#work;
  }

  async #run(signal: AbortSignal): Promise<void> {
    if (this.#isOver) this.#unread = Promise.withResolvers();
    this.#isOver = false;
    const { bot, client, budgets, log } = this.#options;
    try {
      const absence = await persist(() => bot.absence('slack'), {
        signal,
        onError: (err) => log.warn({ err }, 'since when nobody has listened could not be looked up yet'),
      });
      if (!absence) return;
      void takeSignsAway(absence, this.#options, signal);
      const history = new History({ client, budgets, signal });
      const take = (event: unknown) => this.#take(event, signal);
      const threads = new ThreadReads({ absence, history, take });
      this.#unread.resolve({ threads, conversations: new Set(absence.conversations) });
      const until = await (absence.unheardUntil ? absence.unheardUntil(signal) : Date.now());
      if (until !== undefined)
        await this.#look(absence, { until: until + MARGIN_MS, history, threads, take, signal });
      if (!signal.aborted) absence.taken();
    } catch (err) {
      if (!signal.aborted) log.warn({ err }, 'what was written meanwhile could not be looked for');
    } finally {
      this.#isOver = true;
      this.#unread.resolve(undefined);
    }
  }

  /** What was missed in a thread is taken before what is heard there now, if it can be read soon. */
  async reached(event: unknown): Promise<void> {
    const written = writtenIn(event, this.#options.identity.user);
    if (this.#isOver || !written?.thread_ts) return;
    const found = this.#readIn({ channel: written.channel, thread: written.thread_ts });
    await Promise.race([found, sleep(REACHED_WITHIN_MS, undefined, { ref: false })]);
  }

  /** A conversation that has begun since has missed nothing. */
  async #readIn(thread: Thread): Promise<void> {
    const unread = await this.#unread.promise;
    if (!unread?.conversations.has(conversationOf(thread))) return;
    await unread.threads.readAtOnce(thread).catch((err: unknown) => {
      this.#options.log.warn({ err, ...thread }, 'what was written there meanwhile could not be read');
    });
  }

  /** New questions everywhere first: they are one call a channel, and threads are many. */
  async #look(
    absence: Absence,
    how: Omit<LookOptions, 'channel' | 'used' | 'since' | 'self' | 'log'>,
  ): Promise<void> {
    const { identity, log } = this.#options;
    const { since } = absence;
    const channels = [...threadsByChannel(absence.conversations)].slice(0, MAX_CHANNELS);
    log.info(
      { since, until: how.until, channels: channels.length },
      'looking for what was written meanwhile',
    );
    const shared = { ...how, since, self: identity.user, log };
    const looks = channels.map(([channel, used]) => new ChannelLook({ ...shared, channel, used }));
    for (const look of looks) await look.questions();
    for (const look of looks) await look.threads();
  }

  /** Outlasts the store's trouble. */
  async #take(event: unknown, signal: AbortSignal): Promise<void> {
    const { arrivals, log } = this.#options;
    await persist(() => arrivals.heard(event), {
      signal,
      withinMs: LONG_OUTAGE_MS,
      onError: (err) => log.warn({ err }, 'what was written meanwhile could not be taken yet'),
    });
    signal.throwIfAborted();
  }
}

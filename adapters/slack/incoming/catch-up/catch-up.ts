import { setTimeout as sleep } from 'node:timers/promises';
import type { webApi } from '@slack/bolt';
import type { Logger } from '../../../../src/log.ts';
import { persist } from '../../../../src/persist.ts';
import type { Absence, Bot } from '../../../../src/platform.ts';
import type { Budgets } from '../../budgets.ts';
import type { Identity } from '../../identity.ts';
import type { Arrivals } from '../arrivals.ts';
import { ChannelLook, MARGIN_MS } from './channel-look.ts';
import { History } from './history.ts';
import { type SignsLeftOptions, takeSignsAway } from './signs-left.ts';
import { threadsByChannel } from './threads.ts';

/** So many channels are looked through, those that were used last: two minutes of what Slack lets an app read. */
const MAX_CHANNELS = 100;

/** What is heard now waits so long for what was missed in its channel, in ms: Slack waits three seconds for us. */
const REACHED_WITHIN_MS = 1_500;

export interface CatchUpOptions extends SignsLeftOptions {
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
  readonly #begun = Promise.withResolvers<void>();
  #hasBegun = false;
  /** The channels that are not looked through yet. */
  readonly #looks = new Map<string, ChannelLook>();

  constructor(options: CatchUpOptions) {
    this.#options = options;
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
      void takeSignsAway(absence, this.#options, signal);
      const unheard = await this.#unheardUntil(absence, signal);
      if (unheard !== undefined) await this.#look(absence, unheard + MARGIN_MS, signal);
      if (!signal.aborted) absence.taken();
    } catch (err) {
      if (!signal.aborted) log.warn({ err }, 'what was written meanwhile could not be looked for');
    } finally {
      this.#begin();
    }
  }

  /** What was missed in a channel is taken before what is heard there now, if it is found soon. */
  async reached(channel: string): Promise<void> {
    if (this.#hasBegun && !this.#looks.has(channel)) return;
    const found = this.#begun.promise.then(() => this.#looks.get(channel)?.end());
    await Promise.race([found, sleep(REACHED_WITHIN_MS, undefined, { ref: false })]);
  }

  /** Reading is dear, and what is heard meanwhile need not wait for what in all likelihood nobody has missed. */
  async #unheardUntil({ unheardUntil }: Absence, signal: AbortSignal): Promise<number | undefined> {
    if (!unheardUntil) return Date.now();
    this.#begin();
    return unheardUntil(signal);
  }

  #begin(): void {
    this.#hasBegun = true;
    this.#begun.resolve();
  }

  /** New questions everywhere first: they are one call a channel, and threads are many. */
  async #look(absence: Absence, until: number, signal: AbortSignal): Promise<void> {
    const { client, budgets, arrivals, identity, log } = this.#options;
    const { since, progress } = absence;
    const channels = [...threadsByChannel(absence.conversations)].slice(0, MAX_CHANNELS);
    log.info({ since, until, channels: channels.length }, 'looking for what was written meanwhile');
    const history = new History({ client, budgets, signal });
    const missed = { since, until, ...(progress && { progress }) };
    const shared = { missed, history, arrivals, self: identity.user, signal, log };
    for (const [channel, used] of channels)
      this.#looks.set(channel, new ChannelLook({ ...shared, channel, used }));
    this.#begin();
    for (const look of this.#looks.values()) await look.begin();
    for (const [channel, look] of this.#looks) {
      await look.end();
      this.#looks.delete(channel);
    }
  }
}

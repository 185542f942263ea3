import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, type Client, type Message, PermissionFlagsBits, SnowflakeUtil } from 'discord.js';
import type { Logger } from '../../../src/log.ts';
import { LONG_OUTAGE_MS, persist } from '../../../src/persist.ts';
import type { Absence } from '../../../src/platform.ts';
import { isRefusal, reasonOf } from '../errors.ts';
import { idOf } from './incoming.ts';

/** Of those in which most was written lately; to look each up takes a call, and people wait for none of them. */
const MOST_CHANNELS = 200;
const MOST_CONVERSATIONS = 100;
/** Of one channel, in messages: what is one call, and what a busy channel of people may bring meanwhile. */
const PAGE = 100;
const MOST_PAGES = 10;
/** How many channels are looked up at once. */
const AT_ONCE = 4;
/** What is heard now waits so long for what was missed in its channel, in ms. */
const REACHED_WITHIN_MS = 60_000;
/** Our clock may be so much ahead of Discord's, in ms; what is heard twice counts once. */
const CLOCK_MARGIN_MS = 60_000;

const NOT_READ = 'what was written in a channel while nobody heard it could not be read';
const TOO_MUCH = 'so much was written while nobody heard it that some of it is not read';

const { ReadMessageHistory, ViewChannel } = PermissionFlagsBits;

type TextChannel = Extract<Channel, { messages: unknown }>;

type Lookup = () => Promise<void>;

export interface CatchUpParts {
  /** Takes a message that was not heard. */
  take(message: Message): Promise<void>;
  /** Waits until there is room for one more call. */
  room(): Promise<void>;
  log: Logger;
}

/** Looks up what was written while nobody heard it, and lets what comes meanwhile wait behind it. */
export class CatchUp {
  readonly #parts: CatchUpParts;
  /** The channels that are to be looked up, by their ids. */
  readonly #lookups = new Map<string, Lookup>();
  readonly #begun = Promise.withResolvers<void>();
  readonly #closed = new AbortController();

  constructor(parts: CatchUpParts) {
    this.#parts = parts;
  }

  /**
   * Ends when all is taken that was written before in a channel, and in the one that a thread hangs on: these are next.
   * Where that can't be read for long, nobody waits for it.
   */
  async reached(channel: Channel): Promise<void> {
    const found = this.#begun.promise.then(() =>
      Promise.all([this.#lookups.get(channel.id)?.(), this.#parentOf(channel)]),
    );
    await Promise.race([found, sleep(REACHED_WITHIN_MS, undefined, { ref: false })]);
  }

  /** Looks up what was written since then, in channels first and then in their threads. Never rejects. */
  async run(client: Client<true>, absence: Absence | undefined, shard?: number): Promise<void> {
    const planned = absence ? this.#plan(client, absence, shard) : [];
    const lookups = planned.map(([id, look]) => this.#once(id, look));
    this.#begun.resolve();
    const work = async () => {
      for (let look = lookups.shift(); look; look = lookups.shift()) await look();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    if (!this.closed.aborted) absence?.taken();
  }

  /** Asks Discord something, and again while it has trouble; undefined when nothing more is looked up. */
  ask<T>(call: () => Promise<T>): Promise<T | undefined> {
    const asked = async () => {
      await this.#parts.room();
      return call();
    };
    const onError = (error: unknown) => {
      if (isRefusal(error)) throw error;
    };
    return persist(asked, { signal: this.closed, withinMs: LONG_OUTAGE_MS, onError });
  }

  /** Aborted when nothing more is looked up. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Nothing more is looked up. */
  close(): void {
    this.#closed.abort();
    this.#begun.resolve();
  }

  #plan(client: Client<true>, { since, conversations }: Absence, shard: number | undefined) {
    const after = snowflakeOf(since - CLOCK_MARGIN_MS);
    const isOurs = (channel: Channel) =>
      shard === undefined || ('guild' in channel && channel.guild.shardId === shard);
    const changed = client.channels.cache
      .filter((channel) => !channel.isDMBased() && isOurs(channel) && hasChanged(channel, after))
      .map((channel) => channel as TextChannel)
      .sort((one, other) => (BigInt(one.lastMessageId ?? 0) < BigInt(other.lastMessageId ?? 0) ? 1 : -1));
    // Direct messages and threads that are archived are not told at the beginning.
    const untold = conversations.map(idOf).filter((id) => client.channels.cache.get(id)?.isDMBased() ?? true);
    this.#warnOf(changed.length - MOST_CHANNELS, 'channels');
    const known = changed.slice(0, MOST_CHANNELS);
    const inOrder = [...known.filter((one) => !one.isThread()), ...known.filter((one) => one.isThread())];
    return [
      ...inOrder.map((one): [string, Lookup] => [one.id, () => this.#look(one, after)]),
      ...untold
        .slice(0, MOST_CONVERSATIONS)
        .map((id): [string, Lookup] => [
          id,
          async () => this.#look(await this.#channelOf(client, id), after),
        ]),
    ];
  }

  /** Whoever comes first begins it; what then comes never rejects. */
  #once(id: string, look: Lookup): Lookup {
    let over: Promise<void> | undefined;
    const lookup = () => {
      over ??= look()
        .catch((error: unknown) => this.#notRead(id, error))
        .finally(() => this.#lookups.get(id) === lookup && this.#lookups.delete(id));
      return over;
    };
    this.#lookups.set(id, lookup);
    return lookup;
  }

  /** Undefined for the message that a conversation in a channel is named by. */
  async #channelOf(client: Client<true>, id: string): Promise<Channel | undefined> {
    return (await this.ask(() => client.channels.fetch(id, { force: true })).catch(() => null)) ?? undefined;
  }

  async #look(channel: Channel | undefined, after: string): Promise<void> {
    if (!channel || !hasChanged(channel, after)) return;
    await this.#parentOf(channel);
    const messages = await this.#read(channel, after);
    // What has a reply was heard, and is answered by those who heard it.
    const replied = new Set(messages.filter(isOwn).flatMap(({ reference }) => reference?.messageId ?? []));
    for (const message of messages) {
      if (this.closed.aborted) return;
      if (replied.has(message.id)) continue;
      await this.#parts.take(message).catch((error: unknown) => this.#notRead(channel.id, error));
    }
  }

  /** Oldest first. */
  async #read(channel: TextChannel, after: string): Promise<Message[]> {
    const read: Message[] = [];
    for (let pages = 0; pages < MOST_PAGES; pages++) {
      const options = { after: read.at(-1)?.id ?? after, limit: PAGE, cache: false };
      const page = await this.ask(() => channel.messages.fetch(options));
      if (!page) return [];
      const newest = [...page.values()] as Message[];
      read.push(...newest.reverse());
      if (newest.length < PAGE) return read;
    }
    this.#warnOf(1, `messages in ${channel.id}`);
    return read;
  }

  async #parentOf(channel: Channel): Promise<void> {
    if (channel.isThread()) await this.#lookups.get(channel.parentId ?? '')?.();
  }

  #warnOf(tooMany: number, what: string): void {
    if (tooMany > 0) this.#parts.log.warn({ what }, TOO_MUCH);
  }

  #notRead(channel: string | undefined, error: unknown): void {
    this.#parts.log.warn({ channel, reason: reasonOf(error) }, NOT_READ);
  }
}

/** The least id that something has that was made then. */
function snowflakeOf(time: number): string {
  const timestamp = Math.max(time, Number(SnowflakeUtil.epoch));
  return String(SnowflakeUtil.generate({ timestamp, increment: 0n, workerId: 0n, processId: 0n }));
}

/** Whether something that may be read was written in a channel after a message. */
function hasChanged(channel: Channel, after: string): channel is TextChannel {
  return isReadable(channel) && BigInt(channel.lastMessageId ?? 0) > BigInt(after);
}

/** Discord asks apps not to try what would be refused. */
function isReadable(channel: Channel): channel is TextChannel {
  if (!('messages' in channel)) return false;
  if (channel.isDMBased()) return true;
  const me = channel.guild.members.me;
  return me === null || channel.permissionsFor(me).has([ViewChannel, ReadMessageHistory]);
}

function isOwn({ author, client }: Message): boolean {
  return author.id === client.user.id;
}

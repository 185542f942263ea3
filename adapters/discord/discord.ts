import { type Client, type ClientOptions, Events, GatewayCloseCodes, type REST, Status } from 'discord.js';
import type { Replicas } from '../../src/budget.ts';
import type { Logger } from '../../src/log.ts';
import type {
  Attachment,
  BegunReply,
  Bot,
  IncomingMessage,
  Platform,
  Readers,
  Reply,
} from '../../src/platform.ts';
import type { BudgetObserver } from '../../src/reply/publisher/rate-budget.ts';
import { Api } from './api.ts';
import { Budgets } from './budgets.ts';
import type { Press } from './buttons.ts';
import { createClient, createRest, disconnect } from './client.ts';
import { displayNames } from './display-names.ts';
import { reasonOf } from './errors.ts';
import { register } from './incoming/commands.ts';
import { download } from './incoming/download.ts';
import { Listener } from './incoming/listener.ts';
import { Whispers } from './incoming/whispers.ts';
import { INTENTS_REFUSED, login, NO_CONTENT_INTENT, readsContent, TOKEN_REFUSED } from './login.ts';
import type { Dropped } from './payload-guard.ts';
import { distrust, type ReplyIn } from './permissions.ts';
import { Place } from './place.ts';
import { namesOf, readersOf } from './readers.ts';
import { readKept } from './reply/kept.ts';
import { DiscordReply } from './reply/reply.ts';
import { Typing } from './reply/typing.ts';

/** The API's address without a version. */
export const API = 'https://discord.com/api';
/** Discord shows typing for ten seconds. */
const TYPING_EVERY_MS = 8_000;
/** Discord takes few edits of messages that are older. */
const OLD_MESSAGE_MS = 3_600_000;
/** A newer state follows a call that has failed, so to wait longer for its answer would gain nothing. */
const CALL_TIMEOUT_MS = 10_000;
const DROPPED = 'Discord sent an event that could not be taken: it is left out';

export interface DiscordOptions {
  token: string;
  /** The API's address without a version. */
  apiUrl?: string;
  /** Where a mention in a channel is answered; in a thread when left out. */
  replyIn?: ReplyIn;
  log: Logger;
  /** The processes that use the same token; this one alone when left out. */
  share?: Replicas;
  /** Is told what the budgets do. */
  observer?: BudgetObserver;
  callTimeoutMs?: number;
  typingEveryMs?: number;
  oldMessageMs?: number;
  /** For discord.js's connection to the gateway. */
  ws?: ClientOptions['ws'];
}

/** Discord: mentions, threads, direct messages, slash commands and buttons. */
export class Discord implements Platform {
  readonly name = 'discord';
  readonly #options: DiscordOptions;
  readonly #apiUrl: string;
  readonly #log: Logger;
  readonly #rest: REST;
  readonly #api: Api;
  readonly #budgets: Budgets;
  readonly #whispers: Whispers;
  readonly #open = new Set<DiscordReply>();
  readonly #unshare: (() => void) | undefined;
  #client: Client | undefined;
  #listener: Listener | undefined;

  constructor(options: DiscordOptions) {
    this.#options = options;
    this.#apiUrl = (options.apiUrl ?? API).replace(/\/+$/, '');
    this.#log = options.log;
    this.#rest = createRest(this.#apiUrl, options.token);
    this.#api = new Api(this.#rest, options.callTimeoutMs ?? CALL_TIMEOUT_MS);
    this.#budgets = new Budgets(options.observer);
    this.#budgets.learnFrom(this.#rest);
    this.#whispers = new Whispers({ api: this.#api, budgets: this.#budgets });
    this.#unshare = options.share && this.#budgets.shareWith(options.share);
  }

  /** Each shard hears a part of the servers. */
  get isConnected(): boolean {
    const shards = this.#client?.ws.shards;
    return shards !== undefined && shards.size > 0 && shards.every(({ status }) => status === Status.Ready);
  }

  async start(bot: Bot): Promise<void> {
    const { token, ws, replyIn = 'thread' } = this.#options;
    const readsAll = await readsContent(this.#rest, this.#apiUrl);
    if (!readsAll) this.#log.warn(NO_CONTENT_INTENT);
    const replies = {
      answering: (channel: string) => this.#answering(channel),
      writes: (press: Press) => this.#writes(press),
    };
    const parts = { api: this.#api, budgets: this.#budgets, whispers: this.#whispers, log: this.#log };
    this.#listener = new Listener({ ...parts, bot, replyIn, readsAll, replies });
    this.#client = createClient(this.#apiUrl, readsAll, ws, (dropped) => this.#noteDropped(dropped));
    this.#listener.listen(this.#client);
    const client = await login(this.#client, this.#apiUrl, token);
    this.#client.on(Events.ShardDisconnect, ({ code }) => this.#sayWhyDisconnected(code));
    void this.#listener.begin(client, this.name);
    await register(client).catch((error: unknown) =>
      this.#log.warn({ reason: reasonOf(error) }, 'the slash commands could not be registered with Discord'),
    );
  }

  reply(messages: IncomingMessage[], begun?: BegunReply): Reply {
    const last = messages.at(-1);
    if (!last) throw new RangeError('A reply answers at least one message.');
    const { typingEveryMs = TYPING_EVERY_MS, oldMessageMs = OLD_MESSAGE_MS } = this.#options;
    const kept = readKept(begun?.kept);
    const place = new Place(this.#api, this.#budgets, last, kept);
    const reply = new DiscordReply({
      api: this.#api,
      place,
      typing: new Typing(this.#api, this.#budgets, typingEveryMs),
      conversation: last.conversation,
      id: last.id,
      oldMessageMs,
      // What stands in another place is none of this reply.
      begun: begun && { kept: kept?.channel === place.kept.channel ? kept : undefined },
      onClose: () => this.#open.delete(reply),
    });
    this.#open.add(reply);
    return reply;
  }

  download(attachment: Attachment, maxBytes: number): Promise<Uint8Array> {
    return download(attachment, maxBytes, this.#apiUrl);
  }

  whisper(message: IncomingMessage, text: string): Promise<void> {
    return this.#whispers.tell(message, text);
  }

  async readers(message: IncomingMessage): Promise<Readers> {
    if (!this.#client) throw new Error('Discord is not connected.');
    return readersOf(this.#client, message);
  }

  async namesOf(person: string, named: readonly string[]): Promise<string[]> {
    if (!this.#client) throw new Error('Discord is not connected.');
    return namesOf(this.#client, person, named);
  }

  async displayNames(message: IncomingMessage, named: readonly string[]): Promise<Map<string, string>> {
    if (!this.#client) throw new Error('Discord is not connected.');
    return displayNames(this.#client, message, named);
  }

  async close(): Promise<void> {
    this.#listener?.close();
    this.#unshare?.();
    for (const reply of this.#open) reply.close();
    const client = this.#client;
    // What is disconnected looks as if it was about to connect.
    this.#client = undefined;
    if (client) await disconnect(client);
    this.#rest.clearHashSweeper();
    this.#rest.clearHandlerSweeper();
  }

  #answering(channel: string): string[] {
    return [...this.#open].filter((reply) => reply.channel === channel).map((reply) => reply.conversation);
  }

  #writes({ conversation, reply }: Press): 'it' | 'another' | undefined {
    const open = [...this.#open].filter((one) => one.conversation === conversation);
    return open.some(({ id }) => id === reply) ? 'it' : open.length > 0 ? 'another' : undefined;
  }

  #noteDropped({ event, guild: id, error }: Dropped): void {
    this.#log.error({ event, reason: reasonOf(error) }, DROPPED);
    const guild = this.#client?.guilds.cache.get(id ?? '');
    if (guild) distrust(guild);
  }

  /** These are the codes after which discord.js does not connect again by itself. */
  #sayWhyDisconnected(code: number): void {
    if (code === GatewayCloseCodes.AuthenticationFailed) this.#log.error(TOKEN_REFUSED);
    else if (code === GatewayCloseCodes.DisallowedIntents) this.#log.error(INTENTS_REFUSED);
    else this.#log.error({ code }, 'Discord closed the connection for good: start Bobbin again');
  }
}

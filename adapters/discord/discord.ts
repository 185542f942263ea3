import {
  type Client,
  type ClientOptions,
  Events,
  GatewayCloseCodes,
  type Message,
  type REST,
} from 'discord.js';
import { KeyedQueue } from '../../src/keyed-queue.ts';
import type { Logger } from '../../src/log.ts';
import type { Attachment, Bot, IncomingMessage, Platform, Reply } from '../../src/platform.ts';
import type { BudgetObserver } from '../../src/reply/publisher/rate-budget.ts';
import { Api } from './api.ts';
import { Budgets } from './budgets.ts';
import { createClient, createRest, disconnect } from './client.ts';
import { reasonOf } from './errors.ts';
import { register } from './incoming/commands.ts';
import { contextOf } from './incoming/context.ts';
import { download } from './incoming/download.ts';
import { CANNOT_READ, helpText } from './incoming/help.ts';
import { isForBot, look, read, type Written } from './incoming/incoming.ts';
import { handle } from './incoming/interactions.ts';
import { INTENTS_REFUSED, login, NO_CONTENT_INTENT, readsContent, TOKEN_REFUSED } from './login.ts';
import type { Dropped } from './payload-guard.ts';
import { distrust, mayAnswer, type ReplyIn } from './permissions.ts';
import { Place } from './place.ts';
import { DiscordReply } from './reply/reply.ts';
import { Typing } from './reply/typing.ts';

const API = 'https://discord.com/api';
/** Discord shows typing for ten seconds. */
const TYPING_EVERY_MS = 8_000;
/** Discord takes few edits of messages that are older. */
const OLD_MESSAGE_MS = 3_600_000;
/** A newer state follows a call that has failed, so to wait longer for its answer would gain nothing. */
const CALL_TIMEOUT_MS = 10_000;
const MAY_NOT_WRITE =
  'a message was not answered: the bot may not write there. It needs the permissions View Channel and Send Messages ' +
  '(in threads, Send Messages in Threads), and an unlocked thread.';
const DROPPED = 'Discord sent an event that could not be taken: it is left out';
const UNREAD = 'what was said before the bot was called could not be read, so it answers without that';
/** For a note to find room between the replies of its channel, in ms. */
const NOTE_PATIENCE_MS = 30_000;

export interface DiscordOptions {
  token: string;
  /** The API's address without a version. */
  apiUrl?: string;
  /** Where a mention in a channel is answered; in a thread when left out. */
  replyIn?: ReplyIn;
  log: Logger;
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
  readonly #replyIn: ReplyIn;
  readonly #rest: REST;
  readonly #api: Api;
  readonly #budgets: Budgets;
  readonly #order = new KeyedQueue();
  readonly #open = new Set<DiscordReply>();
  readonly #onUnread = (error: unknown) => this.#log.warn({ reason: reasonOf(error) }, UNREAD);
  #client: Client | undefined;

  constructor(options: DiscordOptions) {
    this.#options = options;
    this.#apiUrl = (options.apiUrl ?? API).replace(/\/+$/, '');
    this.#log = options.log;
    this.#replyIn = options.replyIn ?? 'thread';
    this.#rest = createRest(this.#apiUrl, options.token);
    this.#api = new Api(this.#rest, options.callTimeoutMs ?? CALL_TIMEOUT_MS);
    this.#budgets = new Budgets(options.observer);
    this.#budgets.learnFrom(this.#rest);
  }

  async start(bot: Bot): Promise<void> {
    const { token, ws } = this.#options;
    const readsAll = await readsContent(this.#rest, this.#apiUrl);
    if (!readsAll) this.#log.warn(NO_CONTENT_INTENT);
    this.#client = createClient(this.#apiUrl, readsAll, ws, (dropped) => this.#noteDropped(dropped));
    this.#listen(this.#client, bot, readsAll);
    const client = await login(this.#client, this.#apiUrl, token);
    this.#client.on(Events.ShardDisconnect, ({ code }) => this.#sayWhyDisconnected(code));
    await register(client).catch((error: unknown) =>
      this.#log.warn({ reason: reasonOf(error) }, 'the slash commands could not be registered with Discord'),
    );
  }

  reply(messages: IncomingMessage[]): Reply {
    const last = messages.at(-1);
    if (!last) throw new RangeError('A reply answers at least one message.');
    const { typingEveryMs = TYPING_EVERY_MS, oldMessageMs = OLD_MESSAGE_MS } = this.#options;
    const reply = new DiscordReply({
      api: this.#api,
      place: new Place(this.#api, this.#budgets, last),
      typing: new Typing(this.#api, this.#budgets, typingEveryMs),
      conversation: last.conversation,
      id: last.id,
      oldMessageMs,
      onClose: () => this.#open.delete(reply),
    });
    this.#open.add(reply);
    return reply;
  }

  download(attachment: Attachment, maxBytes: number): Promise<Uint8Array> {
    return download(attachment, maxBytes);
  }

  async close(): Promise<void> {
    for (const reply of this.#open) reply.close();
    if (this.#client) await disconnect(this.#client);
    this.#rest.clearHashSweeper();
    this.#rest.clearHandlerSweeper();
  }

  #listen(client: Client, bot: Bot, readsAll: boolean): void {
    const failed = (what: string) => (error: unknown) => this.#log.error({ reason: reasonOf(error) }, what);
    const help = helpText(bot.prompts);
    const answering = (channel: string) =>
      [...this.#open].filter((reply) => reply.channel === channel).map((reply) => reply.conversation);
    const isWritten = (message: string, conversation: string) =>
      [...this.#open].some((reply) => reply.conversation === conversation && reply.mayBe(message));
    const desk = { bot, replyIn: this.#replyIn, answering, isWritten, help, onUnread: this.#onUnread };
    client.on(Events.MessageCreate, (message) => {
      const written = look(message);
      const take = () =>
        this.#take(written, bot, readsAll, help).catch(failed('a message from Discord could not be taken'));
      this.#order.run(message.channelId, take);
    });
    client.on(Events.InteractionCreate, (interaction) => {
      void handle(interaction, desk).catch(failed('a command or button on Discord could not be answered'));
    });
    client.on(Events.Error, failed('discord.js failed'));
    client.on(Events.ShardError, failed('the connection to Discord failed, and is made again'));
  }

  async #take(written: Written | undefined, bot: Bot, readsAll: boolean, help: string): Promise<void> {
    if (!written || !(await isForBot(written, bot))) return;
    if (!mayAnswer(written.message, this.#replyIn)) {
      this.#log.warn({ channel: written.message.channelId }, MAY_NOT_WRITE);
      return;
    }
    const incoming = await read(written, this.#replyIn);
    if (incoming.text !== '' || incoming.attachments) {
      const context = await contextOf(written.message, bot, this.#onUnread);
      void bot.receive({ ...incoming, ...(context.length > 0 && { context }) });
    } else if (written.isAddressed && !written.isHidden) await this.#note(written.message, help);
    else if (!readsAll) await this.#note(written.message, CANNOT_READ);
  }

  /** Answers a message without asking the assistant. */
  async #note({ id, channelId }: Message, content: string): Promise<void> {
    const { budget, release } = this.#budgets.open(channelId);
    const claim = { urgency: () => Number.POSITIVE_INFINITY, essential: true };
    const patience = AbortSignal.timeout(NOTE_PATIENCE_MS);
    if (await budget.take(claim, patience)) {
      const note = { content, buttons: undefined, files: [], answers: id, ping: true, nonce: id };
      await this.#api.post(channelId, note).finally(release);
    } else release();
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

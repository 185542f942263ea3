import { type APIMessage, RateLimitError } from 'discord.js';
import type { Budget } from '../../src/budget.ts';
import type { IncomingMessage } from '../../src/platform.ts';
import type { Api } from './api.ts';
import type { Budgets, Room } from './budgets.ts';
import { Code, codeOf, isRefusal } from './errors.ts';

/** Where a reply shall go, as `IncomingMessage.replyTo` keeps it. */
export type ReplyTo = Readonly<Record<string, string>>;

/**
 * How to answer in a thread that is started from a message.
 * @param guest Who shall be in it besides the message's author, and gets to know.
 */
export function inThread(channel: string, message: string, title: string, guest?: string): ReplyTo {
  return { channel, message, title, ...(guest !== undefined && { guest }) };
}

/** How to answer in the channel itself, as a reply to a message if one is named. */
export function inPlace(channel: string, message?: string): ReplyTo {
  return { channel, ...(message !== undefined && { message }) };
}

/** What another process needs to know of a place to go on in it. */
export interface KeptPlace {
  /** Undefined as long as its thread may not have been started. */
  channel?: string | undefined;
  /** Whether Discord does not let the bot answer a message there. */
  answersNobody?: boolean | undefined;
}

/** The channel of one reply, which may be a thread that does not exist yet. */
export class Place {
  readonly #api: Api;
  readonly #budgets: Budgets;
  #thread: { from: string; title: string; guest: string | undefined } | undefined;
  #channel: string;
  readonly #answers: string | undefined;
  #answersNobody = false;
  #room: Room;
  /** Whether there is nothing more to start. */
  #isOpen: boolean;
  #opening: Promise<void> | undefined;
  #isClosed = false;

  /** @param kept Where the reply stood when another process kept that. */
  constructor(api: Api, budgets: Budgets, { replyTo }: IncomingMessage, kept?: KeptPlace) {
    const { channel = '', message, title, guest } = replyTo ?? {};
    const startsThread = title !== undefined && message && kept?.channel !== channel;
    this.#api = api;
    this.#budgets = budgets;
    this.#thread = startsThread ? { from: channel, title, guest } : undefined;
    // A thread that is started from a message has its id.
    this.#channel = startsThread ? message : channel;
    this.#answers = message;
    this.#answersNobody = kept?.answersNobody ?? false;
    this.#room = budgets.open(this.#channel);
    this.#isOpen = !startsThread || kept?.channel === this.#channel;
  }

  get channel(): string {
    return this.#channel;
  }

  /** The message that the reply answers, if that stands in the same channel. */
  get answers(): string | undefined {
    return this.#thread || this.#answersNobody ? undefined : this.#answers;
  }

  /** Whether no other reply's messages look like this one's: they answer the same message, or its thread is its own. */
  get isItsOwn(): boolean {
    return this.#thread !== undefined || this.answers !== undefined;
  }

  get kept(): KeptPlace {
    return {
      ...(this.#isOpen && { channel: this.#channel }),
      ...(this.#answersNobody && { answersNobody: true }),
    };
  }

  /** The channel where the reply stands if its thread could not be started when another process began it. */
  get fallback(): { channel: string; answers: string } | undefined {
    return this.#thread && !this.#isOpen ? { channel: this.#thread.from, answers: this.#channel } : undefined;
  }

  get budget(): Budget {
    return this.#room.budget;
  }

  /** Discord does not let the bot answer a message here: the reply stands on its own. */
  answerNobody(): void {
    this.#answersNobody = true;
  }

  /** The messages that came after one, oldest first, and the bot's own id; none where the bot may not see them. */
  async read(
    channel: string,
    after: string,
    pages: number,
  ): Promise<{ self: string; messages: APIMessage[] }> {
    await this.#budgets.read();
    const self = await this.#api.self();
    try {
      return { self, messages: await this.#api.list(channel, after, pages) };
    } catch (error) {
      if (isRefusal(error)) return { self, messages: [] };
      throw error;
    }
  }

  /** Starts the thread, if there is one to start. Where none may be started soon the place is the channel itself. */
  open(): Promise<void> {
    if (this.#isOpen) return Promise.resolve();
    this.#opening ??= this.#startThread().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  /** Goes on without a thread, in the channel of the question. */
  fallBack(): void {
    if (!this.#thread) return;
    this.#room.release();
    this.#channel = this.#thread.from;
    this.#thread = undefined;
    this.#isOpen = true;
    this.#room = this.#budgets.open(this.#channel);
    if (this.#isClosed) this.#room.release();
  }

  close(): void {
    this.#isClosed = true;
    this.#room.release();
  }

  async #startThread(): Promise<void> {
    if (!this.#thread) return;
    const { from, title, guest } = this.#thread;
    await this.#budgets.startThread(from);
    try {
      await this.#api.startThread(from, this.#channel, title);
    } catch (error) {
      if (codeOf(error) === Code.unknownMessage) throw error;
      if (!isRefusal(error) && !(error instanceof RateLimitError)) throw error;
      if (codeOf(error) !== Code.threadExists) {
        this.fallBack();
        return;
      }
    }
    this.#isOpen = true;
    // If that fails, people still find the thread under the question.
    if (guest) void this.#invite(guest).catch(() => {});
  }

  async #invite(guest: string): Promise<void> {
    await this.#budgets.spare();
    await this.#api.addToThread(this.#channel, guest);
  }
}

import { RateLimitError } from 'discord.js';
import type { Budget, IncomingMessage } from '../../src/platform.ts';
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

/** The channel of one reply, which may be a thread that does not exist yet. */
export class Place {
  readonly #api: Api;
  readonly #budgets: Budgets;
  #thread: { from: string; title: string; guest: string | undefined } | undefined;
  #channel: string;
  #answers: string | undefined;
  #room: Room;
  #opening: Promise<void> | undefined;
  #isClosed = false;

  constructor(api: Api, budgets: Budgets, { replyTo }: IncomingMessage) {
    const { channel = '', message, title, guest } = replyTo ?? {};
    this.#api = api;
    this.#budgets = budgets;
    this.#thread = title !== undefined && message ? { from: channel, title, guest } : undefined;
    // A thread that is started from a message has its id.
    this.#channel = this.#thread && message ? message : channel;
    this.#answers = message;
    this.#room = budgets.open(this.#channel);
  }

  get channel(): string {
    return this.#channel;
  }

  /** The message that the reply answers, if that stands in the same channel. */
  get answers(): string | undefined {
    return this.#thread ? undefined : this.#answers;
  }

  get budget(): Budget {
    return this.#room.budget;
  }

  /** Discord does not let the bot answer a message here: the reply stands on its own. */
  answerNobody(): void {
    this.#answers = undefined;
  }

  /** Starts the thread, if there is one to start. Where none may be started soon the place is the channel itself. */
  open(): Promise<void> {
    this.#opening ??= this.#startThread().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
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
      // If that fails, people still find the thread under the question.
      if (guest) void this.#invite(guest).catch(() => {});
    } catch (error) {
      if (codeOf(error) === Code.threadExists) return;
      if (!isRefusal(error) && !(error instanceof RateLimitError)) throw error;
      if (codeOf(error) === Code.unknownMessage) throw error;
      this.#moveTo(from);
    }
  }

  async #invite(guest: string): Promise<void> {
    await this.#budgets.spare();
    await this.#api.addToThread(this.#channel, guest);
  }

  #moveTo(channel: string): void {
    this.#room.release();
    this.#thread = undefined;
    this.#channel = channel;
    this.#room = this.#budgets.open(channel);
    if (this.#isClosed) this.#room.release();
  }
}

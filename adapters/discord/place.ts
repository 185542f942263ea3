import type { Budget, IncomingMessage } from '../../src/platform.ts';
import type { Api } from './api.ts';
import type { Budgets, Room } from './budgets.ts';
import { Code, codeOf, isRefusal } from './errors.ts';

/** Where a reply shall go, as `IncomingMessage.replyTo` keeps it. */
export type ReplyTo = Readonly<Record<string, string>>;

/** How to answer in a thread that is started from a message. */
export function inThread(channel: string, message: string, title: string): ReplyTo {
  return { channel, message, title };
}

/** How to answer in the channel itself, as a reply to a message if one is named. */
export function inPlace(channel: string, message?: string): ReplyTo {
  return { channel, ...(message !== undefined && { message }) };
}

/** The channel of one reply, which may be a thread that does not exist yet. */
export class Place {
  readonly #api: Api;
  readonly #budgets: Budgets;
  readonly #asker: string;
  #thread: { from: string; title: string } | undefined;
  #channel: string;
  #answers: string | undefined;
  #room: Room;
  #opening: Promise<void> | undefined;

  constructor(api: Api, budgets: Budgets, { replyTo, author }: Pick<IncomingMessage, 'replyTo' | 'author'>) {
    const { channel = '', message, title } = replyTo ?? {};
    this.#api = api;
    this.#budgets = budgets;
    this.#asker = author.id;
    this.#thread = title !== undefined && message ? { from: channel, title } : undefined;
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

  /** Starts the thread, if there is one to start. Where none may be started the place is the channel itself. */
  open(): Promise<void> {
    this.#opening ??= this.#startThread().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  close(): void {
    this.#room.release();
  }

  async #startThread(): Promise<void> {
    if (!this.#thread) return;
    const { from, title } = this.#thread;
    try {
      await this.#api.startThread(from, this.#channel, title);
      // The asker may not be in the thread yet. If that fails, the thread still hangs on the question.
      void this.#api.addToThread(this.#channel, this.#asker).catch(() => {});
    } catch (error) {
      if (codeOf(error) === Code.threadExists) return;
      if (!isRefusal(error) || codeOf(error) === Code.unknownMessage) throw error;
      this.#moveTo(from);
    }
  }

  #moveTo(channel: string): void {
    this.#room.release();
    this.#thread = undefined;
    this.#channel = channel;
    this.#room = this.#budgets.open(channel);
  }
}

import { type Client, Events, type Message } from 'discord.js';
import { KeyedQueue } from '../../../src/keyed-queue.ts';
import type { Logger } from '../../../src/log.ts';
import type { Bot } from '../../../src/platform.ts';
import type { Api } from '../api.ts';
import type { Budgets } from '../budgets.ts';
import { Code, codeOf, reasonOf } from '../errors.ts';
import { mayAnswer, type ReplyIn } from '../permissions.ts';
import { contextOf } from './context.ts';
import { CANNOT_READ, helpText } from './help.ts';
import { isForBot, look, read, type Written } from './incoming.ts';
import { type Desk, handle } from './interactions.ts';

const MAY_NOT_WRITE =
  'a message was not answered: the bot may not write there. It needs the permissions View Channel and Send Messages ' +
  '(in threads, Send Messages in Threads), and an unlocked thread.';
const UNREAD = 'what was said before the bot was called could not be read, so it answers without that';
/** For a note to find room between the replies of its channel, in ms. */
const NOTE_PATIENCE_MS = 30_000;

export interface ListenerParts {
  bot: Bot;
  api: Api;
  budgets: Budgets;
  log: Logger;
  replyIn: ReplyIn;
  /** Whether messages come with their text that do not mention the bot. */
  readsAll: boolean;
  /** What is being written at the moment. */
  replies: Pick<Desk, 'answering' | 'writes'>;
}

/** Takes what people do on Discord to the bot: what they write, press and command. */
export class Listener {
  readonly #parts: ListenerParts;
  readonly #help: string;
  readonly #order = new KeyedQueue();
  readonly #onUnread = (error: unknown) => this.#parts.log.warn({ reason: reasonOf(error) }, UNREAD);

  constructor(parts: ListenerParts) {
    this.#parts = parts;
    this.#help = helpText(parts.bot.prompts);
  }

  /** From here on everything is taken. */
  listen(client: Client): void {
    const { bot, replyIn, replies } = this.#parts;
    const desk = { bot, replyIn, ...replies, help: this.#help, onUnread: this.#onUnread };
    client.on(Events.MessageCreate, (message) => this.#hear(message));
    client.on(Events.InteractionCreate, (interaction) => {
      void handle(interaction, desk).catch((error: unknown) => {
        // Every process that is connected is told, and the first one answers.
        if (codeOf(error) === Code.acknowledged) return;
        this.#failed('a command or button on Discord could not be answered')(error);
      });
    });
    client.on(Events.Error, this.#failed('discord.js failed'));
    client.on(Events.ShardError, this.#failed('the connection to Discord failed, and is made again'));
  }

  #hear(message: Message): void {
    // What it says now: discord.js changes it with each edit.
    const written = look(message);
    void this.#order
      .run(message.channelId, () => this.#take(written))
      .catch(this.#failed('a message from Discord could not be taken'));
  }

  async #take(written: Written | undefined): Promise<void> {
    const { bot, replyIn, readsAll, log } = this.#parts;
    if (!written || !(await isForBot(written, bot))) return;
    if (!mayAnswer(written.message, replyIn)) {
      log.warn({ channel: written.message.channelId }, MAY_NOT_WRITE);
      return;
    }
    const incoming = await read(written, replyIn);
    if (incoming.text !== '' || incoming.attachments) {
      const context = await contextOf(written.message, bot, this.#onUnread);
      void bot.receive({ ...incoming, ...(context.length > 0 && { context }) });
    } else if (written.isAddressed && !written.isHidden) await this.#note(written.message, this.#help);
    else if (!readsAll) await this.#note(written.message, CANNOT_READ);
  }

  /** Answers a message without asking the assistant. */
  async #note({ id, channelId }: Message, content: string): Promise<void> {
    const { api, budgets } = this.#parts;
    const { budget, release } = budgets.open(channelId);
    const claim = { urgency: () => Number.POSITIVE_INFINITY, essential: true };
    const patience = AbortSignal.timeout(NOTE_PATIENCE_MS);
    if (await budget.take(claim, patience)) {
      const note = { content, buttons: undefined, files: [], answers: id, ping: true, nonce: id };
      await api.post(channelId, note).finally(release);
    } else release();
  }

  #failed(what: string): (error: unknown) => void {
    return (error) => this.#parts.log.error({ reason: reasonOf(error) }, what);
  }
}

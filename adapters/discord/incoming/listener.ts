import { type Client, Events, type Message } from 'discord.js';
import { KeyedQueue } from '../../../src/keyed-queue.ts';
import type { Logger } from '../../../src/log.ts';
import { persist } from '../../../src/persist.ts';
import type { Bot, Receipt } from '../../../src/platform.ts';
import type { Api } from '../api.ts';
import type { Budgets } from '../budgets.ts';
import { Code, codeOf, reasonOf } from '../errors.ts';
import { mayAnswer, type ReplyIn } from '../permissions.ts';
import { watchSessions } from '../sessions.ts';
import { CatchUp } from './catch-up.ts';
import { contextOf } from './context.ts';
import { watchDeletions } from './deletions.ts';
import { Heard } from './heard.ts';
import { CANNOT_READ, helpText } from './help.ts';
import { directOf, isForBot, look, read, type Written } from './incoming.ts';
import { askedIn, type Desk, handle } from './interactions.ts';
import { wasListening } from './missed.ts';
import { postNote } from './notes.ts';
import { Reactions } from './reactions.ts';
import { watchVanishings } from './vanishings.ts';
import type { Whispers } from './whispers.ts';

const MAY_NOT_WRITE =
  'a message was not answered: the bot may not write there. It needs the permissions View Channel and Send Messages ' +
  '(in threads, Send Messages in Threads), and an unlocked thread.';
const UNREAD = 'what was said before the bot was called could not be read, so it answers without that';
/** Direct messages come to the first connection. https://discord.com/developers/docs/events/gateway#sharding */
const DIRECT_SHARD = 0;

export interface ListenerParts {
  bot: Bot;
  api: Api;
  budgets: Budgets;
  log: Logger;
  replyIn: ReplyIn;
  /** Whether messages come with their text that do not mention the bot. */
  readsAll: boolean;
  whispers: Whispers;
  /** What is being written at the moment. */
  replies: Pick<Desk, 'answering' | 'writes'>;
}

/** Takes what people do on Discord to the bot: what they write, delete, press and command, and what of it was not heard. */
export class Listener {
  readonly #parts: ListenerParts;
  readonly #help: string;
  readonly #order = new KeyedQueue();
  readonly #heard = new Heard();
  readonly #catchUp: CatchUp;
  readonly #onUnread = (error: unknown) => this.#parts.log.warn({ reason: reasonOf(error) }, UNREAD);

  constructor(parts: ListenerParts) {
    const { bot, budgets, log } = parts;
    this.#parts = parts;
    this.#help = helpText(bot.prompts);
    const take = (message: Message) => this.#takeMissed(message);
    this.#catchUp = new CatchUp({ take, room: () => budgets.spare(), log });
  }

  /** From here on everything is taken; what people write waits until `begin` knows what was missed before. */
  listen(client: Client): void {
    const { bot, replyIn, replies, whispers } = this.#parts;
    const desk = { bot, replyIn, ...replies, whispers, help: this.#help, onUnread: this.#onUnread };
    client.on(Events.MessageCreate, (message) => this.#hear(message));
    client.on(Events.InteractionCreate, (interaction) => {
      void handle(interaction, desk).catch((error: unknown) => {
        // Every process that is connected is told, and the first one answers.
        if (codeOf(error) === Code.acknowledged) return;
        this.#failed('a command or button on Discord could not be answered')(error);
      });
    });
    watchDeletions(client, ({ id, channel, conversation }) => {
      const retract = async () => bot.retract(await conversation(), id);
      void this.#order.run(channel, retract).catch(this.#failed('a deleted message could not be forgotten'));
    });
    watchVanishings(client, ({ id, place, end }) => {
      const vanish = async () => bot.vanish(place, end);
      void this.#order.run(id, vanish).catch(this.#failed('a deleted channel could not be forgotten'));
    });
    new Reactions(this.#parts).listen(client);
    watchSessions(client, (since, shard) => {
      const conversations = shard === DIRECT_SHARD ? directOf(client) : [];
      const absence = { since, conversations, taken: () => {} };
      if (client.isReady()) void this.#catchUp.run(client, absence, shard);
    });
    client.on(Events.Error, this.#failed('discord.js failed'));
    client.on(Events.ShardError, this.#failed('the connection to Discord failed, and is made again'));
  }

  /** Looks up what was missed while nobody listened. Never rejects. */
  async begin(client: Client<true>, platform: string): Promise<void> {
    const { bot, log } = this.#parts;
    const absence = await persist(() => bot.absence(platform), {
      signal: this.#catchUp.closed,
      onError: (err) => log.warn({ err }, 'since when nobody has listened could not be looked up yet'),
    });
    await this.#catchUp.run(client, absence);
  }

  close(): void {
    this.#catchUp.close();
  }

  #hear(message: Message): void {
    if (!this.#heard.isFirst(message.id)) return;
    // What it says now: discord.js changes it with each edit.
    const written = look(message);
    const take = async () => {
      await this.#catchUp.reached(message.channel);
      await this.#take(written);
    };
    void this.#order
      .run(message.channelId, take)
      .catch(this.#failed('a message from Discord could not be taken'));
  }

  async #takeMissed(message: Message): Promise<void> {
    if (!this.#heard.isFirst(message.id)) return;
    const asked = askedIn(message, this.#parts.replyIn);
    if (asked) await this.#parts.bot.receive(asked).kept;
    const written = look(message);
    const isForUs = written && (await this.#catchUp.ask(() => wasListening(written)));
    if (!isForUs) return;
    const receipt = await this.#catchUp.ask(() => this.#take(written));
    await receipt?.kept;
  }

  /** Undefined where it is nothing that is answered by the assistant. Rejects when Discord or the store fails. */
  async #take(written: Written | undefined): Promise<Receipt | undefined> {
    const { bot, replyIn, readsAll, log } = this.#parts;
    if (!written || !(await isForBot(written, bot))) return undefined;
    if (!mayAnswer(written.message, replyIn)) {
      log.warn({ channel: written.message.channelId }, MAY_NOT_WRITE);
      return undefined;
    }
    const incoming = await read(written, replyIn);
    if (incoming.text !== '' || incoming.attachments) {
      const context = await contextOf(written.message, bot, this.#onUnread);
      return bot.receive({ ...incoming, ...(context.length > 0 && { context }) });
    }
    if (written.isAddressed && !written.isHidden) await this.#note(written.message, this.#help);
    else if (!readsAll) await this.#note(written.message, CANNOT_READ);
    return undefined;
  }

  /** Answers a message without asking the assistant. */
  async #note({ id, channelId: channel }: Message, content: string): Promise<void> {
    await postNote({ channel, content, answers: id, nonce: id }, this.#parts);
  }

  #failed(what: string): (error: unknown) => void {
    return (error) => this.#parts.log.error({ reason: reasonOf(error) }, what);
  }
}

import { type APIMessage, type Client, GatewayDispatchEvents } from 'discord.js';
import { z } from 'zod';
import { KeyedQueue } from '../../../src/keyed-queue.ts';
import type { Logger } from '../../../src/log.ts';
import type { Bot, Rating } from '../../../src/platform.ts';
import type { Api } from '../api.ts';
import type { Budgets } from '../budgets.ts';
import { buttonsOf, type Press } from '../buttons.ts';
import { isRefusal, reasonOf } from '../errors.ts';
import { conversationHere } from './here.ts';

const THUMBS_DOWN = '👎';
/** A skin's colour, and what asks for a coloured picture. */
const MODIFIERS = /[\u{1f3fb}-\u{1f3ff}\ufe0f]/gu;
const UNREAD = 'which reply somebody thinks something of could not be looked up';

const reaction = z.object({
  user_id: z.string(),
  channel_id: z.string().regex(/^\d+$/),
  message_id: z.string().regex(/^\d+$/),
  emoji: z.object({ id: z.null().optional(), name: z.string() }),
});

export interface ReactionsParts {
  bot: Bot;
  api: Api;
  budgets: Budgets;
  log: Logger;
}

/**
 * Thumbs down under replies, and those that are taken away again. discord.js itself tells of reactions to messages alone that
 * it has kept.
 */
export class Reactions {
  readonly #parts: ReactionsParts;
  /** What people put under a message and take away again comes to the bot in that order. */
  readonly #order = new KeyedQueue();

  constructor(parts: ReactionsParts) {
    this.#parts = parts;
  }

  listen(client: Client): void {
    const { MessageReactionAdd, MessageReactionRemove } = GatewayDispatchEvents;
    client.ws.on(MessageReactionAdd, (data: unknown) => void this.#heard(data, 'bad', client));
    client.ws.on(MessageReactionRemove, (data: unknown) => void this.#heard(data, 'undecided', client));
  }

  async #heard(data: unknown, opinion: Rating['opinion'], client: Client): Promise<void> {
    const { data: event } = reaction.safeParse(data);
    if (!event || event.emoji.name.replace(MODIFIERS, '') !== THUMBS_DOWN) return;
    const { channel_id: channel, message_id: message, user_id: person } = event;
    const self = client.user?.id;
    if (self === undefined || person === self) return;
    await this.#order
      .run(message, async () => {
        const { conversation: named, reply: answers } = (await this.#replyAt(channel, message, self)) ?? {};
        const conversation = named && (await conversationHere(client, channel, named));
        if (conversation && answers) this.#parts.bot.rate({ conversation, person, opinion, answers });
      })
      .catch((error: unknown) => {
        if (!isRefusal(error)) this.#parts.log.info({ reason: reasonOf(error) }, UNREAD);
      });
  }

  /** The buttons tell which reply it is; they stand under its last message. */
  async #replyAt(channel: string, id: string, self: string): Promise<Press | undefined> {
    const { api, budgets } = this.#parts;
    const pressIn = ({ components = [] }: APIMessage) => buttonsOf(components).press;
    await budgets.spare();
    const message = await api.get(channel, id);
    if (message.author.id !== self) return undefined;
    const own = pressIn(message);
    if (own) return own;
    await budgets.spare();
    const answers = message.message_reference?.message_id;
    const later = await api.list(channel, id, 1);
    const isOfReply = ({ author, message_reference: reference }: APIMessage) =>
      author.id === self && reference?.message_id === answers;
    const last = later.filter(isOfReply).find(pressIn);
    return last && pressIn(last);
  }
}

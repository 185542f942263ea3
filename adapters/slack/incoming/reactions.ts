import type { webApi } from '@slack/bolt';
import { z } from 'zod';
import { KeyedQueue } from '../../../src/keyed-queue.ts';
import type { Logger } from '../../../src/log.ts';
import type { Bot } from '../../../src/platform.ts';
import { type Budgets, takeInTime } from '../budgets.ts';
import type { Identity } from '../identity.ts';
import { conversationOf, type Place } from '../place.ts';
import { markOf } from '../reply/message/mark.ts';

/** For the message that somebody has reacted to to be looked up, in milliseconds: nobody waits for it. */
const PATIENCE_MS = 60_000;

/** Thumbs down, whose skin may have a colour: https://docs.slack.dev/reference/methods/reactions.add */
const THUMBS_DOWN = /^(?:-1|thumbsdown)(?:::skin-tone-[2-6])?$/;

const reaction = z.object({
  type: z.enum(['reaction_added', 'reaction_removed']),
  user: z.string(),
  reaction: z.string(),
  item_user: z.string().optional(),
  item: z.object({ type: z.literal('message'), channel: z.string(), ts: z.string() }),
});

const reacted = z.object({ ts: z.string(), thread_ts: z.string().optional() });

export interface ReactionsOptions {
  bot: Bot;
  identity: Identity;
  client: webApi.WebClient;
  budgets: Budgets;
  log: Logger;
}

/** What people think of replies: a thumb under one, or its buttons. */
export class Reactions {
  readonly #options: ReactionsOptions;
  /** What people put under a message and take away again comes to the bot in that order. */
  readonly #order = new KeyedQueue();

  constructor(options: ReactionsOptions) {
    this.#options = options;
  }

  /** A `reaction_added` or `reaction_removed` event. Never rejects. */
  async heard(event: unknown): Promise<void> {
    const { bot, identity } = this.#options;
    const { data } = reaction.safeParse(event);
    if (!data || !THUMBS_DOWN.test(data.reaction) || data.user === identity.user) return;
    if (data.item_user !== undefined && data.item_user !== identity.user) return;
    const { item, type, user: person } = data;
    await this.#inOrder(item, async () => {
      const reply = await this.#replyAt(item);
      if (reply) bot.rate({ ...reply, person, opinion: type === 'reaction_added' ? 'bad' : 'undecided' });
    });
  }

  /** A button under a reply. Never rejects. */
  async pressed(place: Place, opinion: 'good' | 'bad'): Promise<void> {
    await this.#inOrder(place, async () => {
      const reply = await this.#replyAt(place);
      this.#options.bot.rate({ conversation: conversationOf(place), ...reply, person: place.user, opinion });
    });
  }

  #inOrder({ channel, ts }: Pick<Place, 'channel' | 'ts'>, rate: () => Promise<void>): Promise<void> {
    return this.#order.run(`${channel} ${ts}`, rate);
  }

  /** The reply that a message is a part of; undefined for what is none, such as a help text. */
  async #replyAt({
    channel,
    ts,
  }: Pick<Place, 'channel' | 'ts'>): Promise<{ conversation: string; answers: string } | undefined> {
    const { client, budgets, log } = this.#options;
    if (!(await takeInTime(budgets.replies, AbortSignal.timeout(PATIENCE_MS)))) return undefined;
    try {
      // Of a thread's reply it gives that alone; the first message of one is none of the app's that answers.
      const only = { oldest: ts, latest: ts, inclusive: true, limit: 1, include_all_metadata: true };
      const { messages = [] } = await client.conversations.replies({ channel, ts, ...only });
      const message = messages.find((one) => one.ts === ts);
      const { data } = reacted.safeParse(message);
      const mark = markOf(message);
      if (!data || !mark) return undefined;
      return { conversation: conversationOf({ channel, thread: data.thread_ts ?? ts }), answers: mark.reply };
    } catch (error) {
      log.info({ err: error, channel }, 'which reply somebody thinks something of could not be looked up');
      return undefined;
    }
  }
}

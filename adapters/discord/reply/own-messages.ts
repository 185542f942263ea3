import { type APIMessage, MessageType } from 'discord.js';
import { buttonsOf } from '../buttons.ts';

/** By what a reply knows its messages. */
export interface Marks {
  /** The bot's own id. */
  self: string;
  /** The message that the reply answers, which its buttons tell. */
  reply: string;
  /** The message that each of its messages refers to. */
  answers: string | undefined;
  /** Whether that alone tells them from those of other replies. */
  isItsOwn: boolean;
}

const POSTED: readonly MessageType[] = [MessageType.Default, MessageType.Reply];

/**
 * Which of a channel's messages are a reply's, in order, known or not: a nonce is told of none that is read back, and
 * makes two posts one for a few minutes only. Where nothing but its buttons tells the first one, all that the bot says
 * next belongs to it, because a conversation has one reply at a time.
 */
export function ownMessages(
  messages: readonly APIMessage[],
  known: ReadonlySet<string>,
  { self, reply, answers, isItsOwn }: Marks,
): APIMessage[] {
  const own: APIMessage[] = [];
  for (const message of messages) {
    const { id, author, type, message_reference: reference, components = [] } = message;
    const isPosted = author.id === self && POSTED.includes(type) && reference?.message_id === answers;
    const { press } = buttonsOf(components);
    const isMarked = press?.reply === reply;
    const follows = press === undefined && (isItsOwn || own.length > 0);
    if (known.has(id) || (isPosted && (isMarked || follows))) own.push(message);
  }
  return own;
}

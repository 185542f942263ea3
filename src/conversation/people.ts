import type { IncomingMessage } from '../platform.ts';

/** Whoever chats in the terminal runs Bobbin, and may do what anybody may. */
export const OPERATORS = 'console';

/** The platform that a conversation is on. */
export function platformOf(conversation: string): string {
  return conversation.split(':')[0] ?? '';
}

/** Who wrote a message, as audiences name people: the same person on two platforms is two. */
export function personOf({ conversation, author }: Pick<IncomingMessage, 'conversation' | 'author'>): string {
  return `${platformOf(conversation)}:${author.id}`;
}

import type { Message } from 'discord.js';
import { mentionsOf, type Written } from './incoming.ts';

/** So many messages before are read to see whether the bot had been called: one page of Discord's. */
const BEFORE = 100;

/**
 * Whether the bot was listening when a message was written that it did not hear then: in somebody else's thread it is
 * called first, and what was said before stays what was said before. Where that is too far back to see, it was.
 */
export async function wasListening({ message, isAddressed }: Written): Promise<boolean> {
  const { channel, client } = message;
  if (isAddressed || !channel.isThread() || channel.ownerId === client.user.id) return true;
  const [starter, before] = await Promise.all([
    // A thread may have begun without a message, or with one that is gone.
    channel.fetchStarterMessage().catch(() => null),
    channel.messages.fetch({ before: message.id, limit: BEFORE, cache: false }),
  ]);
  if (before.size === BEFORE || (starter !== null && concernsBot(starter))) return true;
  return before.some(concernsBot);
}

function concernsBot(message: Message): boolean {
  return message.author.id === message.client.user.id || mentionsOf(message).length > 0;
}

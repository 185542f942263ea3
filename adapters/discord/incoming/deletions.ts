import { type Client, GatewayDispatchEvents, type Message } from 'discord.js';
import { z } from 'zod';
import { conversationId, conversationOf } from './incoming.ts';

const place = { channel_id: z.string(), guild_id: z.string().optional() };
const deleted = z.union([
  z.object({ ...place, id: z.string() }).transform(({ id, ...rest }) => ({ ...rest, ids: [id] })),
  z.object({ ...place, ids: z.array(z.string()) }),
]);

/** A message that is gone. */
export interface Deleted {
  id: string;
  channel: string;
  /** The conversation that it belonged to, if it was for the bot. */
  conversation(): Promise<string>;
}

/**
 * Calls back with each message that is deleted, alone or among many. discord.js itself tells it of messages and channels
 * alone that it has kept.
 */
export function watchDeletions(client: Client, onDeleted: (message: Deleted) => void): void {
  const take = (data: unknown) => {
    const { success, data: event } = deleted.safeParse(data);
    if (!success) return;
    for (const id of event.ids) onDeleted(deletedIn(client, event.channel_id, event.guild_id, id));
  };
  client.ws.on(GatewayDispatchEvents.MessageDelete, take);
  client.ws.on(GatewayDispatchEvents.MessageDeleteBulk, take);
}

function deletedIn(client: Client, channel: string, guild: string | undefined, id: string): Deleted {
  const place = client.channels.cache.get(channel);
  // Of a server all channels are known but archived threads.
  const isConversation = guild === undefined || !place || place.isThread();
  const known: Message | undefined = place && 'messages' in place ? place.messages.cache.get(id) : undefined;
  const conversation = async () => {
    if (isConversation) return conversationId(channel);
    return known ? conversationOf(known) : conversationId(id);
  };
  return { id, channel, conversation };
}

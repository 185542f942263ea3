import { type Client, GatewayDispatchEvents, type Message, type TextBasedChannel } from 'discord.js';
import { z } from 'zod';
import { conversationId, conversationIn, conversationOf } from './incoming.ts';

const id = z.string().regex(/^\d+$/);
const place = { channel_id: z.string(), guild_id: z.string().optional() };
const deleted = z.union([
  z.object({ ...place, id }).transform(({ id, ...rest }) => ({ ...rest, ids: [id] })),
  z.object({ ...place, ids: z.array(id).min(1) }),
]);

/** Of the messages after those that are gone so many are looked through for answers to them: one page of Discord's. */
const AFTER = 100;

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
    if (success) for (const message of deletedBy(client, event)) onDeleted(message);
  };
  client.ws.on(GatewayDispatchEvents.MessageDelete, take);
  client.ws.on(GatewayDispatchEvents.MessageDeleteBulk, take);
}

function deletedBy(client: Client, event: z.infer<typeof deleted>): Deleted[] {
  const { channel_id: channel, guild_id: guild, ids } = event;
  const place = client.channels.cache.get(channel);
  // Of a server all channels are known but archived threads.
  if (guild === undefined || !place || place.isThread() || !('messages' in place))
    return ids.map((id) => ({ id, channel, conversation: async () => conversationId(channel) }));
  let after: Promise<Message[]> | undefined;
  const answerTo = async (id: string) => {
    after ??= messagesAfter(place, ids);
    return (await after).find(({ reference }) => reference?.messageId === id);
  };
  return ids.map((id) => {
    const known: Message | undefined = place.messages.cache.get(id);
    const conversation = async () => {
      if (known) return conversationOf(known);
      const answer = await answerTo(id);
      return (answer && conversationIn(answer)) ?? conversationId(id);
    };
    return { id, channel, conversation };
  });
}

async function messagesAfter({ messages }: TextBasedChannel, ids: readonly string[]): Promise<Message[]> {
  const after = ids.reduce((oldest, id) => (BigInt(id) < BigInt(oldest) ? id : oldest));
  // Who may not read back there does not find the answers.
  const found = await messages.fetch({ after, limit: AFTER, cache: false }).catch(() => undefined);
  return found ? [...found.values()] : [];
}

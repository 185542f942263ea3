import type { ButtonInteraction, Client, ModalSubmitInteraction } from 'discord.js';
import type { Press } from '../buttons.ts';
import { isRefusal } from '../errors.ts';
import { conversationId, idOf } from './incoming.ts';

const SNOWFLAKE = /^\d+$/;

/**
 * The conversation that something in a channel acts on, whatever it says of itself: a thread or direct messages are one
 * themselves, and in another channel one is named by the message there that began it. Undefined for one of elsewhere.
 * @param named What it says.
 */
export async function conversationHere(
  client: Client,
  channelId: string,
  named: string,
): Promise<string | undefined> {
  const channel = client.channels.cache.get(channelId) ?? (await client.channels.fetch(channelId));
  if (!channel || channel.isThread() || channel.isDMBased()) return conversationId(channelId);
  const message = idOf(named);
  if (!('messages' in channel) || !SNOWFLAKE.test(message)) return undefined;
  if (channel.messages.cache.has(message)) return conversationId(message);
  try {
    await channel.messages.fetch({ message, cache: false });
    return conversationId(message);
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

/** A press as it counts in the channel where it was made; undefined where it means a conversation of elsewhere. */
export async function pressHere(
  { client, channelId }: ButtonInteraction | ModalSubmitInteraction,
  press: Press,
): Promise<Press | undefined> {
  const conversation = await conversationHere(client, channelId ?? '', press.conversation);
  return conversation === undefined ? undefined : { ...press, conversation };
}

import { ChannelType, type Client, GatewayDispatchEvents } from 'discord.js';
import { z } from 'zod';
import type { Bot } from '../../../src/platform.ts';
import { conversationId } from './incoming.ts';

const id = z.string().regex(/^\d+$/);
const place = z.object({ id });
const guild = z.object({ id, unavailable: z.boolean().optional() });
const members = z.object({ id, removed_member_ids: z.array(z.string()) });

/** A thread, a channel or a server that is no more, or that the bot is no more in. */
export interface Vanished {
  id: string;
  place: string;
  end: Parameters<Bot['vanish']>[1];
}

/**
 * Calls back with each thread and channel that is deleted, and with servers and private threads that the bot is removed
 * from. Archived threads stay, and so do servers that Discord can't reach for a time. discord.js itself tells of what it
 * has kept alone.
 */
export function watchVanishings(client: Client, onVanished: (vanished: Vanished) => void): void {
  const gone = (id: string, end: Vanished['end']) => onVanished({ id, place: conversationId(id), end });
  const take = (data: unknown) => {
    const { data: event } = place.safeParse(data);
    if (event) gone(event.id, 'for good');
  };
  client.ws.on(GatewayDispatchEvents.ThreadDelete, take);
  client.ws.on(GatewayDispatchEvents.ChannelDelete, take);
  client.ws.on(GatewayDispatchEvents.GuildDelete, (data: unknown) => {
    const { data: event } = guild.safeParse(data);
    if (event && !event.unavailable) gone(event.id, 'for now');
  });
  client.ws.on(GatewayDispatchEvents.ThreadMembersUpdate, (data: unknown) => {
    const { data: event } = members.safeParse(data);
    const isRemoved = event?.removed_member_ids.includes(client.user?.id ?? '');
    const isPrivate = client.channels.cache.get(event?.id ?? '')?.type === ChannelType.PrivateThread;
    if (event && isRemoved && isPrivate) gone(event.id, 'for now');
  });
}

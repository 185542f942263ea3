import { type Channel, type Client, PermissionFlagsBits } from 'discord.js';
import { lookUpEach } from '../../src/look-up-each.ts';
import type { IncomingMessage } from '../../src/platform.ts';

/**
 * What those are called whom audiences name, where a message is. The name of another channel that not everybody sees is not
 * told. Never rejects.
 */
export function displayNames(
  client: Client,
  { replyTo }: Pick<IncomingMessage, 'replyTo'>,
  named: readonly string[],
): Promise<Map<string, string>> {
  const place = client.channels.cache.get(replyTo?.channel ?? '');
  return lookUpEach(named, (name) => displayName(client, place, name.replace(/^discord:/, '')));
}

/** Undefined for what the bot does not know. A server's id is that of its role for everybody, too. */
async function displayName(
  client: Client,
  place: Channel | undefined,
  id: string,
): Promise<string | undefined> {
  const guild = place && 'guild' in place ? place.guild : undefined;
  if (id === guild?.id) return 'anybody in this server';
  const server = client.guilds.cache.get(id);
  if (server) return `anybody in ${server.name}`;
  const role = [guild, ...client.guilds.cache.values()].flatMap((each) => each?.roles.cache.get(id) ?? [])[0];
  if (role) return `@${role.name}`;
  const channel = client.channels.cache.get(id);
  if (channel) return channelName(channel, place);
  const member = await guild?.members.fetch(id).catch(() => undefined);
  return (member ?? (await client.users.fetch(id))).displayName;
}

function channelName(channel: Channel, place: Channel | undefined): string {
  if (channel.isDMBased()) return 'whoever writes to me directly';
  const everybody = channel.permissionsFor(channel.guild.roles.everyone);
  const isKnownHere =
    channel.id === place?.id || (place?.isThread() && channel.id === place.parentId) || false;
  return isKnownHere || everybody?.has(PermissionFlagsBits.ViewChannel)
    ? `somebody in #${channel.name}`
    : 'somebody in a private channel';
}

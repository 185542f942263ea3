import {
  type Client,
  DMChannel,
  type Guild,
  type GuildMember,
  type NonThreadGuildBasedChannel,
  OverwriteType,
  PermissionFlagsBits,
  type Role,
} from 'discord.js';
import type { IncomingMessage, Readers } from '../../src/platform.ts';
import { isRefusal } from './errors.ts';
import { isHalfKnown } from './permissions.ts';

const { Administrator, ViewChannel } = PermissionFlagsBits;

/**
 * Who can read the channel of a message. In a server they are told by roles: whoever sees a channel sees it by one of their
 * roles, or is named in its permissions. Its owner and administrators count as members of every role, which they can make
 * themselves. The members of a private thread are among those who see its channel.
 */
export async function readersOf(client: Client, { author, replyTo }: IncomingMessage): Promise<Readers> {
  const id = replyTo?.channel ?? '';
  const channel = client.channels.cache.get(id) ?? (await client.channels.fetch(id));
  if (channel instanceof DMChannel) return { places: [named(id)], people: [[named(author.id)]] };
  if (!channel || channel.isDMBased()) throw new Error('Discord does not say what a channel is.');
  if (isHalfKnown(channel.guild)) throw new Error('What is known of a server may be half of it.');
  const parent = channel.isThread() ? channel.parent : channel;
  if (!parent || parent.isThread()) throw new Error('Discord does not say in which channel a thread is.');
  return { places: [...new Set([named(id), named(parent.id)])], people: classesOf(parent, client.user?.id) };
}

/**
 * Which of these names a person has: their own, of their roles, and of the servers and channels that they see. Of a server
 * that the bot is in they are asked for as they are now.
 */
export async function namesOf(client: Client, person: string, names: readonly string[]): Promise<string[]> {
  const members = new Map<Guild, Promise<GuildMember | undefined>>();
  const memberIn = (guild: Guild) => {
    const member = members.get(guild) ?? memberOf(guild, person);
    members.set(guild, member);
    return member;
  };
  const are = await Promise.all(names.map((name) => isCalled(client, person, name, memberIn)));
  return names.filter((_, at) => are[at]);
}

async function isCalled(
  client: Client,
  person: string,
  name: string,
  memberIn: (guild: Guild) => Promise<GuildMember | undefined>,
): Promise<boolean> {
  const id = /^discord:(\d+)$/.exec(name)?.[1];
  if (id === undefined || id === person) return id === person;
  const known = client.channels.cache.get(id);
  if (known instanceof DMChannel) return known.recipientId === person;
  const channel = known && 'guild' in known ? known : undefined;
  const guild = channel?.guild ?? client.guilds.cache.find(({ roles }) => roles.cache.has(id));
  const member = guild && (await memberIn(guild));
  if (!guild || !member) return false;
  if (channel) return channel.permissionsFor(member).has(ViewChannel);
  return id === guild.id || member.roles.cache.has(id);
}

/** Undefined for who is not in the server. */
async function memberOf(guild: Guild, user: string): Promise<GuildMember | undefined> {
  return guild.members.fetch({ user, force: true }).catch((error: unknown) => {
    if (isRefusal(error)) return undefined;
    throw error;
  });
}

/** As audiences name what Discord has: no two of its ids are equal. */
function named(id: string): string {
  return `discord:${id}`;
}

/** By what people see a channel: one role, which may be that of everybody, or their own name. */
function classesOf(channel: NonThreadGuildBasedChannel, self: string | undefined): string[][] {
  const { guild } = channel;
  const roles = [...guild.roles.cache.values()].filter(
    (role) => role.tags?.botId !== self && seesBy(channel, guild, role),
  );
  const everyone = roles.find(({ id }) => id === guild.id);
  if (everyone) return [[named(guild.id)]];
  const people = overwritesOf(channel).filter(
    ({ id, type, allow }) => type === OverwriteType.Member && id !== self && allow.has(ViewChannel),
  );
  return [...roles, ...people].map(({ id }) => [named(id)]);
}

/**
 * Whether somebody with this role and no other sees the channel:
 * https://docs.discord.com/developers/topics/permissions#permission-overwrites
 */
function seesBy(channel: NonThreadGuildBasedChannel, guild: Guild, role: Role): boolean {
  if (role.permissions.has(Administrator, false)) return role.id === guild.id;
  const overwrites = overwritesOf(channel);
  return [guild.id, role.id].reduce((sees, id) => {
    const overwrite = overwrites.find((one) => one.id === id);
    if (overwrite?.allow.has(ViewChannel)) return true;
    return sees && !overwrite?.deny.has(ViewChannel);
  }, guild.roles.everyone.permissions.has(ViewChannel) || role.permissions.has(ViewChannel));
}

function overwritesOf(channel: NonThreadGuildBasedChannel) {
  return [...channel.permissionOverwrites.cache.values()];
}

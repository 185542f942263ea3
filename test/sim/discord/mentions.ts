import type { Channel, Mentions, Message, Ping, Role, User } from './model.ts';
import { canView, may, type World } from './world.ts';

/** `allowed_mentions`, checked. https://discord.com/developers/docs/resources/message#allowed-mentions-object */
export interface AllowedMentions {
  parse: readonly string[];
  users: readonly string[];
  roles: readonly string[];
  repliedUser: boolean;
}

/** What a plain message without the field may mention. */
export const ALL_MENTIONS: AllowedMentions = {
  parse: ['users', 'roles', 'everyone'],
  users: [],
  roles: [],
  repliedUser: true,
};

/** What an answer to an interaction without the field may mention (discord-api-docs#7629). */
export const USER_MENTIONS: AllowedMentions = { ...ALL_MENTIONS, parse: ['users'] };

/** Code neither mentions nor pings. */
const CODE = /(`{3,})[\s\S]*?\1|(`{1,2})(?!`)[\s\S]*?\2/g;

/** Whom a text mentions: what it says, cut down to what is allowed and what its author may do. */
export function readMentions(
  world: World,
  given: {
    content: string;
    channel: Channel;
    author: User;
    allowed: AllowedMentions;
    repliedTo: User | null;
  },
): Mentions {
  const { channel, author, allowed, repliedTo } = given;
  const text = given.content.replace(CODE, '');
  const allows = (kind: 'users' | 'roles', id: string) =>
    allowed.parse.includes(kind) || allowed[kind].includes(id);
  const users = ids(text, /<@!?(\d+)>/g)
    .filter((id) => allows('users', id))
    .flatMap((id) => world.users.get(id) ?? []);
  if (repliedTo && allowed.repliedUser) users.push(repliedTo);
  const mayPingAll = channel.guild !== null && may(channel, author, 'MentionEveryone');
  const roles = ids(text, /<@&(\d+)>/g)
    .filter((id) => allows('roles', id))
    .flatMap((id) => channel.guild?.roles.get(id) ?? [])
    .filter((role) => role.mentionable || mayPingAll);
  const all = mayPingAll && allowed.parse.includes('everyone');
  return {
    users: [...new Set(users)],
    roles: [...new Set(roles)],
    everyone: all && text.includes('@everyone'),
    here: all && text.includes('@here'),
  };
}

function ids(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].flatMap((match) => match[1] ?? []);
}

/** Who hears of a new message; its author never does. An edit pings nobody, so it has no such thing. */
export function pingOf(message: Message): Ping {
  const { mentions, channel, author } = message;
  const people = channel.guild
    ? [...channel.guild.members.values()].filter(({ user }) => canView(channel, user))
    : [];
  const byRole = people.filter(({ roles }) => mentions.roles.some((role: Role) => roles.has(role)));
  const everybody = mentions.everyone || mentions.here ? people : [];
  const others = channel.recipient && channel.recipient !== author ? [channel.recipient] : [];
  const notified = [...mentions.users, ...[...byRole, ...everybody].map(({ user }) => user), ...others];
  return {
    messageId: message.id,
    channelId: channel.id,
    author: author.name,
    notified: [...new Set(notified.filter((user) => user !== author).map(({ name }) => name))],
    users: mentions.users.map(({ name }) => name),
    roles: mentions.roles.map(({ name }) => name),
    everyone: mentions.everyone,
    here: mentions.here,
  };
}

/** For the platform's own notes. */
export const SILENT: AllowedMentions = { parse: [], users: [], roles: [], repliedUser: false };

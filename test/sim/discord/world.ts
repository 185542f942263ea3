import { ChannelType, PermissionFlagsBits } from 'discord.js';
import { snowflake } from './ids.ts';
import type { Change, Channel, Dispatch, Guild, Member, Message, Ping, Role, User } from './model.ts';
import { MEMBER_PERMISSIONS, permissionBits, type Settings } from './options.ts';

/** Everything that exists in the simulated Discord, and the two ways to hear of what happens in it. */
export class World {
  readonly settings: Settings;
  /** A bot's user and its application have one id nowadays. */
  readonly bot: User;
  readonly users = new Map<string, User>();
  readonly guilds = new Map<string, Guild>();
  readonly channels = new Map<string, Channel>();
  readonly pings: Ping[] = [];
  /** The addresses that Discord has fetched for previews of the bot's messages, of each post and each edit. */
  readonly fetched: string[] = [];
  /** What Discord's filter finds harmful, in every channel (discord-api-docs#5328). */
  readonly harmfulLinks = new Set<string>();
  readonly #gateways = new Set<(event: Dispatch) => void>();
  readonly #watchers = new Set<(change: Change) => void>();

  constructor(settings: Settings) {
    this.settings = settings;
    this.bot = this.addUser(settings.botName, true);
  }

  addUser(name: string, bot = false): User {
    const user = { id: snowflake(), name, bot, refusesDirectMessages: false };
    this.users.set(user.id, user);
    return user;
  }

  /** A guild that belongs to nobody in particular, with the bot in it and a role `Members` for people. */
  addGuild(name: string): Guild {
    const id = snowflake();
    const everyone: Role = { id, name: '@everyone', permissions: 0n, mentionable: false, bot: null };
    const owner = this.addUser(`${name}'s owner`);
    const roles = new Map([[id, everyone]]);
    const guild: Guild = { id, name, owner, everyone, roles, members: new Map(), available: true };
    this.guilds.set(id, guild);
    this.addRole(guild, 'Members', permissionBits(MEMBER_PERMISSIONS));
    const own = this.addRole(guild, this.bot.name, permissionBits(this.settings.permissions));
    own.bot = this.bot;
    this.addMember(guild, owner, []);
    this.addMember(guild, this.bot, [own]);
    return guild;
  }

  addRole(guild: Guild, name: string, permissions: bigint, mentionable = false): Role {
    const role: Role = { id: snowflake(), name, permissions, mentionable, bot: null };
    guild.roles.set(role.id, role);
    return role;
  }

  addMember(guild: Guild, user: User, roles: Iterable<Role>): Member {
    const member = { user, roles: new Set(roles), joinedAt: Date.now() };
    guild.members.set(user.id, member);
    return member;
  }

  addChannel(given: Pick<Channel, 'type' | 'name' | 'guild'> & Partial<Channel>): Channel {
    const channel: Channel = {
      id: snowflake(),
      parent: null,
      recipient: null,
      overwrites: new Map(),
      thread: null,
      typing: new Map(),
      messages: new Map(),
      ...given,
    };
    this.channels.set(channel.id, channel);
    return channel;
  }

  /** The direct messages between the bot and a person: always the same channel. */
  directMessages(recipient: User): Channel {
    const existing = [...this.channels.values()].find((channel) => channel.recipient === recipient);
    return (
      existing ?? this.addChannel({ type: ChannelType.DM, name: recipient.name, guild: null, recipient })
    );
  }

  sharesGuild(user: User): boolean {
    return [...this.guilds.values()].some(({ members }) => members.has(user.id) && members.has(this.bot.id));
  }

  findMessage(id: string): Message | undefined {
    for (const channel of this.channels.values()) {
      const message = channel.messages.get(id);
      if (message) return message;
    }
    return undefined;
  }

  /** Tells the gateway. */
  publish(event: Dispatch): void {
    for (const gateway of this.#gateways) gateway(event);
  }

  /** Tells whoever looks. */
  noticed(kind: Change['kind'], channel: Channel, message: Message | null = null): void {
    for (const watcher of this.#watchers) {
      watcher({ kind, channelId: channel.id, messageId: message?.id ?? null });
    }
  }

  onDispatch(listener: (event: Dispatch) => void): void {
    this.#gateways.add(listener);
  }

  /** Returns the way to stop watching. */
  watch(listener: (change: Change) => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }
}

/** @returns undefined for somebody who is not in the guild. */
export function memberOf(guild: Guild | null, user: User): Member | undefined {
  return guild?.members.get(user.id);
}

/** Channels of posts, each of which is a thread. */
export const FORUMS: readonly ChannelType[] = [ChannelType.GuildForum, ChannelType.GuildMedia];
const VOICE: readonly ChannelType[] = [ChannelType.GuildVoice, ChannelType.GuildStageVoice];

const DIRECT_MESSAGE_PERMISSIONS = permissionBits([
  'ViewChannel',
  'SendMessages',
  'ReadMessageHistory',
  'AttachFiles',
  'EmbedLinks',
  'AddReactions',
  'UseApplicationCommands',
]);
/**
 * What an interaction in them says that the app may do: to write is not part of it, though it may.
 * https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object
 */
const DIRECT_APP_PERMISSIONS = permissionBits([
  'AttachFiles',
  'EmbedLinks',
  'MentionEveryone',
  'UseExternalEmojis',
]);
const EVERYTHING = permissionBits(Object.keys(PermissionFlagsBits) as (keyof typeof PermissionFlagsBits)[]);

/**
 * What a user may do in a channel; a thread goes by its parent's overwrites.
 * https://discord.com/developers/docs/topics/permissions#permission-overwrites
 */
export function permissionsIn(channel: Channel, user: User): bigint {
  if (!channel.guild) return DIRECT_MESSAGE_PERMISSIONS;
  const member = memberOf(channel.guild, user);
  if (!member) return 0n;
  const own = memberPermissions(channel.guild, member);
  if (own === EVERYTHING) return own;
  const overwrites = (channel.parent ?? channel).overwrites;
  const roleIds = [...member.roles].map(({ id }) => id);
  return [[channel.guild.id], roleIds, [user.id]].reduce((bits, ids) => {
    const found = ids.flatMap((id) => overwrites.get(id) ?? []);
    const denied = found.reduce((sum, { deny }) => sum | deny, 0n);
    const allowed = found.reduce((sum, { allow }) => sum | allow, 0n);
    return (bits & ~denied) | allowed;
  }, own);
}

/** `app_permissions` of an interaction. */
export function appPermissionsIn(channel: Channel, bot: User): bigint {
  return channel.guild ? permissionsIn(channel, bot) : DIRECT_APP_PERMISSIONS;
}

/** What a member may do in the guild, whatever the channel. */
export function memberPermissions(guild: Guild, member: Member): bigint {
  if (member.user === guild.owner) return EVERYTHING;
  const bits = [...member.roles].reduce(
    (sum, { permissions }) => sum | permissions,
    guild.everyone.permissions,
  );
  return (bits & PermissionFlagsBits.Administrator) === 0n ? bits : EVERYTHING;
}

export function may(channel: Channel, user: User, permission: keyof typeof PermissionFlagsBits): boolean {
  return (permissionsIn(channel, user) & PermissionFlagsBits[permission]) !== 0n;
}

/**
 * A private thread shows to its members and to moderators only, a voice channel to who may connect
 * (https://discord.com/developers/docs/resources/message#get-channel-messages, discord-api-docs#5111).
 */
export function canView(channel: Channel, user: User): boolean {
  if (!may(channel, user, 'ViewChannel')) return false;
  if (VOICE.includes(channel.type)) return may(channel, user, 'Connect');
  if (channel.type !== ChannelType.PrivateThread) return true;
  return channel.thread?.members.has(user.id) === true || may(channel, user, 'ManageThreads');
}

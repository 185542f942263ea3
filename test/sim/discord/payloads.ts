import { ChannelType } from 'discord.js';
import type { Cdn } from './cdn.ts';
import { timeOf } from './ids.ts';
import type { Json } from './json.ts';
import type { Attachment, Channel, Member, Message, Poll, User } from './model.ts';
import { FORUMS, memberOf, permissionsIn, type World } from './world.ts';

export const iso = (ms: number) => new Date(ms).toISOString().replace('Z', '000+00:00');

export function userPayload(user: User): Json {
  return {
    id: user.id,
    username: user.name,
    discriminator: user.bot ? '0001' : '0',
    global_name: user.bot ? null : user.name,
    avatar: null,
    bot: user.bot,
    public_flags: 0,
  };
}

/** The member without its user, as messages carry it. */
export function partialMember(member: Member): Json {
  return {
    roles: [...member.roles].map(({ id }) => id),
    nick: null,
    avatar: null,
    joined_at: iso(member.joinedAt),
    premium_since: null,
    communication_disabled_until: null,
    deaf: false,
    mute: false,
    pending: false,
    flags: 0,
  };
}

export function memberPayload(member: Member): Json {
  return { ...partialMember(member), user: userPayload(member.user) };
}

/** The member as an interaction carries it: with what it may do in the channel. */
export function interactingMember(channel: Channel, member: Member): Json {
  return { ...memberPayload(member), permissions: permissionsIn(channel, member.user).toString() };
}

export function channelPayload(channel: Channel, bot: User): Json {
  const lastMessageId = [...channel.messages.keys()].at(-1) ?? null;
  const common = { id: channel.id, type: channel.type, last_message_id: lastMessageId, flags: 0 };
  if (channel.recipient) return { ...common, recipients: [userPayload(channel.recipient)] };
  const shared = { ...common, name: channel.name, guild_id: channel.guild?.id, rate_limit_per_user: 0 };
  if (channel.thread) return { ...shared, ...threadFields(channel, channel.thread, bot) };
  return {
    ...shared,
    ...(FORUMS.includes(channel.type) && { available_tags: [], default_reaction_emoji: null }),
    parent_id: null,
    position: 0,
    topic: null,
    nsfw: false,
    permission_overwrites: [...channel.overwrites.values()].map(({ id, allow, deny }) => ({
      id,
      type: channel.guild?.roles.has(id) ? 0 : 1,
      allow: allow.toString(),
      deny: deny.toString(),
    })),
  };
}

function threadFields(channel: Channel, thread: NonNullable<Channel['thread']>, bot: User): Json {
  const joined = thread.members.get(bot.id);
  return {
    parent_id: channel.parent?.id ?? null,
    owner_id: thread.owner.id,
    message_count: channel.messages.size,
    total_message_sent: channel.messages.size,
    member_count: thread.members.size,
    thread_metadata: {
      archived: thread.archived,
      locked: thread.locked,
      auto_archive_duration: thread.autoArchiveMinutes,
      archive_timestamp: iso(thread.archiveChangedAt),
      create_timestamp: iso(timeOf(channel.id)),
      ...(channel.type === ChannelType.PrivateThread && { invitable: true }),
    },
    ...(joined !== undefined && { member: threadMember(channel, bot.id, joined) }),
  };
}

export function threadMember(channel: Channel, userId: string, joinedAt: number): Json {
  return { id: channel.id, user_id: userId, join_timestamp: iso(joinedAt), flags: 0 };
}

export function attachmentPayload(cdn: Cdn, channel: Channel, attachment: Attachment): Json {
  const url = cdn.link(channel, attachment);
  return {
    id: attachment.id,
    filename: attachment.name,
    size: attachment.data.length,
    url,
    proxy_url: url,
    content_type: attachment.contentType,
    ...(attachment.title !== null && { title: attachment.title }),
    ...(attachment.description !== null && { description: attachment.description }),
  };
}

/**
 * The message as REST shows it; events add `guild_id` and `member` (see `messageEvent`). A nonce is not kept with it: only
 * the answer to its post and its MESSAGE_CREATE tell it (https://github.com/Rapptz/discord.py/issues/2451).
 */
export function messagePayload(world: World, cdn: Cdn, message: Message, depth = 1): Json {
  const { reference, interaction, channel, forwarded } = message;
  const referenced = reference?.messageId ? reference.channel.messages.get(reference.messageId) : undefined;
  return {
    id: message.id,
    channel_id: channel.id,
    author: userPayload(message.author),
    ...snapshotFields(cdn, message),
    tts: false,
    mention_everyone: message.mentions.everyone || message.mentions.here,
    pinned: false,
    ...(message.poll && { poll: pollPayload(message.poll) }),
    ...(forwarded && { message_snapshots: [{ message: snapshotFields(cdn, forwarded) }] }),
    ...(message.reactions.size > 0 && { reactions: reactions(message, world.bot) }),
    ...(message.thread && { thread: channelPayload(message.thread, world.bot) }),
    ...(interaction && {
      application_id: world.bot.id,
      webhook_id: world.bot.id,
      ...interactionFields(interaction),
    }),
    ...(reference && {
      message_reference: {
        type: forwarded ? 1 : 0,
        channel_id: reference.channel.id,
        ...(reference.messageId && { message_id: reference.messageId }),
        ...(reference.channel.guild && { guild_id: reference.channel.guild.id }),
      },
    }),
    ...(reference?.messageId &&
      !forwarded &&
      depth > 0 && {
        referenced_message: referenced ? messagePayload(world, cdn, referenced, depth - 1) : null,
      }),
  };
}

/** What of a message is forwarded. https://discord.com/developers/docs/resources/message#message-snapshot-object */
function snapshotFields(cdn: Cdn, message: Message): Json {
  const { channel, stickers } = message;
  return {
    type: message.type,
    content: message.content,
    timestamp: iso(timeOf(message.id)),
    edited_timestamp: message.editedAt === null ? null : iso(message.editedAt),
    mentions: message.mentions.users.map(userPayload),
    mention_roles: message.mentions.roles.map(({ id }) => id),
    attachments: message.attachments.map((attachment) => attachmentPayload(cdn, channel, attachment)),
    embeds: message.embeds,
    components: message.components,
    flags: message.flags,
    ...(stickers.length > 0 && {
      sticker_items: stickers.map((sticker) => ({ ...sticker, format_type: 1 })),
    }),
  };
}

/** https://discord.com/developers/docs/resources/poll#poll-object */
function pollPayload({ question, answers }: Poll): Json {
  return {
    question: { text: question },
    answers: answers.map(({ text }, index) => ({ answer_id: index + 1, poll_media: { text } })),
    expiry: null,
    allow_multiselect: false,
    layout_type: 1,
    results: {
      is_finalized: false,
      answer_counts: answers.map(({ votes }, index) => ({ id: index + 1, count: votes, me_voted: false })),
    },
  };
}

function reactions(message: Message, bot: User): Json[] {
  return [...message.reactions].map(([name, users]) => ({
    emoji: { id: null, name },
    count: users.size,
    count_details: { burst: 0, normal: users.size },
    burst_colors: [],
    me: users.has(bot.id),
    me_burst: false,
  }));
}

function interactionFields({ id, type, user, command }: NonNullable<Message['interaction']>): Json {
  return {
    interaction_metadata: { id, type, user: userPayload(user), authorizing_integration_owners: {} },
    ...(command !== null && { interaction: { id, type, name: command, user: userPayload(user) } }),
  };
}

/** The nonce, for those who are told. */
export function nonceField({ nonce }: Message): Json {
  return nonce === null ? {} : { nonce };
}

/** The message as MESSAGE_CREATE and MESSAGE_UPDATE carry it; an ephemeral one comes without its guild. */
export function messageEvent(world: World, cdn: Cdn, message: Message): Json {
  const payload = messagePayload(world, cdn, message);
  const { guild } = message.channel;
  const member = memberOf(guild, message.author);
  if (!guild || message.onlyFor) return { ...payload, channel_type: message.channel.type };
  return {
    ...payload,
    channel_type: message.channel.type,
    guild_id: guild.id,
    ...(member && { member: partialMember(member) }),
    mentions: message.mentions.users.map((user) => {
      const mentioned = memberOf(guild, user);
      return mentioned ? { ...userPayload(user), member: partialMember(mentioned) } : userPayload(user);
    }),
  };
}

/**
 * Takes out what an app without the MessageContent intent may not read: all but its own messages, direct ones and
 * those that mention it. https://discord.com/developers/docs/events/gateway#message-content-intent
 */
export function withoutContent(world: World, payload: Json): Json {
  const message = world.findMessage(String(payload.id));
  const shown =
    message && (message.author === world.bot || !message.channel.guild || mentionsBot(world, message));
  const { referenced_message: referenced, ...rest } = payload;
  const { poll: _poll, message_snapshots: _snapshots, ...others } = rest;
  const hidden = shown ? rest : { ...others, content: '', embeds: [], attachments: [], components: [] };
  if (referenced === undefined) return hidden;
  return {
    ...hidden,
    referenced_message: referenced === null ? null : withoutContent(world, referenced as Json),
  };
}

function mentionsBot(world: World, message: Message): boolean {
  return message.mentions.users.includes(world.bot);
}

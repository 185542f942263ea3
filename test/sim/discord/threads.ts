import { ChannelType } from 'discord.js';
import { threadArchived, threadLocked, unknownChannel } from './api-error.ts';
import type { Channel, Message, Thread, User } from './model.ts';
import { channelPayload, memberPayload, threadMember } from './payloads.ts';
import { may, memberOf, type World } from './world.ts';

/** What threads hang on: text and announcement channels. */
export function isThreadable(channel: Channel): boolean {
  return channel.type === ChannelType.GuildText || channel.type === ChannelType.GuildAnnouncement;
}

/** A channel together with what makes it a thread, or undefined. */
export function asThread(channel: Channel): (Channel & { thread: Thread; parent: Channel }) | undefined {
  const { thread, parent } = channel;
  return thread && parent ? (channel as Channel & { thread: Thread; parent: Channel }) : undefined;
}

/** "Only active threads can be manipulated." https://discord.com/developers/docs/topics/threads#active--archived-threads */
export function checkActive({ thread }: Channel): void {
  if (thread?.archived) throw threadArchived();
}

/**
 * Sending wakes an archived thread unless it is locked, deleting works in an archived or a locked one but not in both,
 * and editing in neither. https://discord.com/developers/docs/topics/threads#locked-threads and the section after it
 */
export function checkThread(channel: Channel, user: User, action: 'send' | 'edit' | 'delete'): void {
  if (!channel.thread) return;
  const { archived, locked } = channel.thread;
  const moderates = may(channel, user, 'ManageThreads');
  if (archived && (action === 'edit' || (locked && !moderates))) throw threadArchived();
  if (locked && !moderates && action !== 'delete') throw threadLocked();
}

/** Answers to interactions come into threads where the bot may not send, but not into locked and archived ones. */
export function checkAnswerable(world: World, channel: Channel): void {
  if (!world.channels.has(channel.id)) throw unknownChannel();
  if (channel.thread?.archived && channel.thread.locked) throw threadArchived();
}

/** Opens a thread; one from a message takes that message's id. */
export function openThread(
  world: World,
  given: {
    parent: Channel;
    owner: User;
    name: string;
    type: ChannelType;
    source: Message | null;
    autoArchive: number;
  },
): Channel {
  const { parent, owner, name, type, source } = given;
  const now = Date.now();
  const thread: Thread = {
    owner,
    members: new Map([[owner.id, now]]),
    archived: false,
    locked: false,
    autoArchiveMinutes: given.autoArchive,
    archiveChangedAt: now,
  };
  const channel = world.addChannel({
    type,
    name,
    guild: parent.guild,
    parent,
    thread,
    ...(source && { id: source.id }),
  });
  if (source) source.thread = channel;
  const d = { ...channelPayload(channel, world.bot), newly_created: true };
  world.publish({ t: 'THREAD_CREATE', d, guild: channel.guild, channel });
  world.noticed('thread', channel);
  return channel;
}

/** What may change in a thread. */
export type ThreadChange = Partial<Pick<Thread, 'archived' | 'locked' | 'autoArchiveMinutes'>> & {
  name?: string;
};

export function changeThread(
  world: World,
  channel: Channel & { thread: Thread },
  change: ThreadChange,
): void {
  const { name, ...state } = change;
  const archiveMoves = state.archived !== undefined && state.archived !== channel.thread.archived;
  Object.assign(channel.thread, state, archiveMoves && { archiveChangedAt: Date.now() });
  if (name !== undefined) channel.name = name;
  const d = channelPayload(channel, world.bot);
  world.publish({ t: 'THREAD_UPDATE', d, guild: channel.guild, channel });
  world.noticed('thread', channel);
}

/** Adds somebody; the gateway hears of the bot's own memberships only, as without the GuildMembers intent. */
export function joinThread(world: World, channel: Channel, user: User): void {
  const { thread } = channel;
  if (!thread || thread.members.has(user.id)) return;
  thread.members.set(user.id, Date.now());
  if (user !== world.bot) return;
  if (channel.type === ChannelType.PrivateThread) {
    world.publish({
      t: 'THREAD_CREATE',
      d: channelPayload(channel, world.bot),
      guild: channel.guild,
      channel,
    });
  }
  const member = memberOf(channel.guild, user);
  const d = {
    id: channel.id,
    guild_id: channel.guild?.id,
    member_count: thread.members.size,
    added_members: [
      {
        ...threadMember(channel, user.id, Date.now()),
        ...(member && { member: memberPayload(member) }),
        presence: null,
      },
    ],
  };
  world.publish({ t: 'THREAD_MEMBERS_UPDATE', d, guild: channel.guild, channel });
}

/** Takes somebody out of a thread; the gateway hears as of those who join. */
export function leaveThread(world: World, channel: Channel, user: User): void {
  const { thread } = channel;
  if (!thread?.members.has(user.id)) return;
  const d = {
    id: channel.id,
    guild_id: channel.guild?.id,
    member_count: thread.members.size - 1,
    removed_member_ids: [user.id],
  };
  if (user === world.bot) world.publish({ t: 'THREAD_MEMBERS_UPDATE', d, guild: channel.guild, channel });
  thread.members.delete(user.id);
}

/** Takes a channel or thread away, and with a channel its threads. */
export function removeChannel(world: World, channel: Channel): void {
  for (const thread of world.channels.values()) {
    if (thread.parent === channel) forget(world, thread);
  }
  const source = channel.parent?.messages.get(channel.id);
  if (source) source.thread = null;
  const t = channel.thread ? 'THREAD_DELETE' : 'CHANNEL_DELETE';
  const d = channel.thread
    ? { id: channel.id, guild_id: channel.guild?.id, parent_id: channel.parent?.id, type: channel.type }
    : channelPayload(channel, world.bot);
  world.publish({ t, d, guild: channel.guild, channel });
  forget(world, channel);
  world.noticed('channel', channel);
}

function forget(world: World, channel: Channel): void {
  channel.messages.clear();
  world.channels.delete(channel.id);
}

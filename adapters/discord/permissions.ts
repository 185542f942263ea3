import { type BaseInteraction, ChannelType, type Guild, type Message, PermissionFlagsBits } from 'discord.js';

/** Whether a new thread or the channel itself takes the reply to a mention. */
export type ReplyIn = 'thread' | 'channel';

type Channel = Message['channel'];
type Permissions = BaseInteraction['appPermissions'];

const { CreatePublicThreads, ManageThreads, SendMessages, SendMessagesInThreads, ViewChannel } =
  PermissionFlagsBits;
/** Channels in which a message can have a thread. */
const THREADABLE: readonly ChannelType[] = [ChannelType.GuildText, ChannelType.GuildAnnouncement];

/** Servers of which an event was left out, so that what is known of their roles and channels may be half of it. */
const halfKnown = new WeakSet<Guild>();

/** What is known of the server says no more what is permitted there: Discord's answers do. */
export function distrust(guild: Guild): void {
  halfKnown.add(guild);
}

/** Whether what is known of a server may be half of it. */
export function isHalfKnown(guild: Guild): boolean {
  return halfKnown.has(guild);
}

/** Whether the answer to a message goes into a thread that hangs on it. */
export function opensThread(message: Message, replyIn: ReplyIn): boolean {
  const permissions = permissionsFor(message);
  return takesThread(message.channel, permissions, replyIn);
}

/**
 * Whether an answer to a message can be shown. Discord asks apps not to try what would be refused:
 * https://discord.com/developers/docs/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans
 */
export function mayAnswer(message: Message, replyIn: ReplyIn): boolean {
  const permissions = permissionsFor(message);
  return permissions === undefined || mayAnswerIn(message.channel, permissions, replyIn);
}

/** The same for a channel of a server, with what Discord says that the bot may do there. */
export function mayAnswerIn(channel: Channel, permissions: Permissions, replyIn: ReplyIn): boolean {
  return takesThread(channel, permissions, replyIn) || mayWrite(channel, permissions);
}

/** Undefined in direct messages, and as long as the bot does not know what it may do on a server. */
function permissionsFor({ channel, guild }: Message): Permissions | undefined {
  const me = guild?.members.me;
  if (!me || channel.isDMBased() || halfKnown.has(guild)) return undefined;
  try {
    return channel.permissionsFor(me);
  } catch {
    // discord.js throws where a role or an overwrite is not as it should be.
    return undefined;
  }
}

function takesThread({ type }: Channel, permissions: Permissions | undefined, replyIn: ReplyIn): boolean {
  const isPossible = replyIn === 'thread' && THREADABLE.includes(type);
  const isPermitted = permissions?.has([ViewChannel, CreatePublicThreads, SendMessagesInThreads]) ?? true;
  return isPossible && isPermitted;
}

/** A locked thread is for those who manage it. https://discord.com/developers/docs/topics/threads#locked-threads */
function mayWrite(channel: Channel, permissions: Permissions): boolean {
  if (!channel.isThread()) return permissions.has([ViewChannel, SendMessages]);
  const isOpen = !channel.locked || permissions.has(ManageThreads);
  return isOpen && permissions.has([ViewChannel, SendMessagesInThreads]);
}

import { type BaseInteraction, ChannelType, type Message, PermissionFlagsBits } from 'discord.js';

/** Whether a new thread or the channel itself takes the reply to a mention. */
export type ReplyIn = 'thread' | 'channel';

type Channel = Message['channel'];
type Permissions = BaseInteraction['appPermissions'];

const { CreatePublicThreads, ManageThreads, SendMessages, SendMessagesInThreads, ViewChannel } =
  PermissionFlagsBits;
/** Channels in which a message can have a thread. */
const THREADABLE: readonly ChannelType[] = [ChannelType.GuildText, ChannelType.GuildAnnouncement];

/** Whether the answer to a message goes into a thread that hangs on it. */
export function opensThread(message: Message, replyIn: ReplyIn): boolean {
  const permissions = permissionsFor(message);
  return permissions !== undefined && takesThread(message.channel, permissions, replyIn);
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

/** Undefined in direct messages, and as long as the bot does not know what it is on a server. */
function permissionsFor({ channel, guild }: Message): Permissions | undefined {
  const me = guild?.members.me;
  return me && !channel.isDMBased() ? channel.permissionsFor(me) : undefined;
}

function takesThread({ type }: Channel, permissions: Permissions, replyIn: ReplyIn): boolean {
  const isPossible = replyIn === 'thread' && THREADABLE.includes(type);
  return isPossible && permissions.has([ViewChannel, CreatePublicThreads, SendMessagesInThreads]);
}

/** A locked thread is for those who manage it. https://discord.com/developers/docs/topics/threads#locked-threads */
function mayWrite(channel: Channel, permissions: Permissions): boolean {
  if (!channel.isThread()) return permissions.has([ViewChannel, SendMessages]);
  const isOpen = !channel.locked || permissions.has(ManageThreads);
  return isOpen && permissions.has([ViewChannel, SendMessagesInThreads]);
}

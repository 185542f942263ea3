import { ChannelType, MessageType } from 'discord.js';
import {
  historyNeeded,
  missingAccess,
  missingPermissions,
  systemMessage,
  threadExists,
  tooManyThreads,
  wrongChannelType,
} from './api-error.ts';
import { SILENT } from './mentions.ts';
import type { Messages } from './messages.ts';
import type { Channel, Message, User } from './model.ts';
import { isThreadable, openThread } from './threads.ts';
import { plainBody } from './validation/message.ts';
import { canView, FORUMS, may, type World } from './world.ts';

interface ThreadStart {
  name: string;
  owner: User;
  /** In minutes. */
  autoArchive: number;
}

/**
 * Starts a thread from a message. The thread has the message's id, and begins with the platform's note that points
 * to it. https://discord.com/developers/docs/topics/threads
 */
export function startFromMessage(
  world: World,
  messages: Messages,
  source: Message,
  start: ThreadStart,
): Channel {
  const parent = source.channel;
  checkMayStart(world, parent, start.owner, 'CreatePublicThreads');
  if (!may(parent, start.owner, 'ReadMessageHistory')) throw historyNeeded();
  if (
    source.type !== MessageType.Default &&
    source.type !== MessageType.Reply &&
    source.type !== MessageType.ChatInputCommand
  ) {
    throw systemMessage();
  }
  if (source.thread || world.channels.has(source.id)) throw threadExists();
  const announces = parent.type === ChannelType.GuildAnnouncement;
  const type = announces ? ChannelType.AnnouncementThread : ChannelType.PublicThread;
  const thread = openThread(world, { ...start, parent, source, type });
  messages.post({
    channel: thread,
    author: source.author,
    body: plainBody('', { allowedMentions: SILENT }),
    type: MessageType.ThreadStarterMessage,
    reference: { channel: parent, messageId: source.id },
  });
  messages.publish('MESSAGE_UPDATE', source);
  return thread;
}

/** Starts a thread on its own; a public one is announced in its channel. */
export function startAlone(
  world: World,
  messages: Messages,
  parent: Channel,
  start: ThreadStart & { type: ChannelType },
): Channel {
  const isPrivate = start.type === ChannelType.PrivateThread;
  checkMayStart(world, parent, start.owner, isPrivate ? 'CreatePrivateThreads' : 'CreatePublicThreads');
  const thread = openThread(world, { ...start, parent, source: null });
  if (!isPrivate) {
    messages.post({
      channel: parent,
      author: start.owner,
      body: plainBody(start.name, { allowedMentions: SILENT }),
      type: MessageType.ThreadCreated,
      reference: { channel: thread, messageId: null },
    });
  }
  return thread;
}

/** Starts a forum's post, still without its first message; who may write there may post. */
export function startPost(world: World, parent: Channel, start: ThreadStart): Channel {
  if (!canView(parent, start.owner)) throw missingAccess();
  if (!FORUMS.includes(parent.type)) throw wrongChannelType();
  if (!may(parent, start.owner, 'SendMessages')) throw missingPermissions();
  return openThread(world, { ...start, parent, source: null, type: ChannelType.PublicThread });
}

function checkMayStart(
  world: World,
  parent: Channel,
  owner: User,
  permission: 'CreatePublicThreads' | 'CreatePrivateThreads',
): void {
  if (!canView(parent, owner)) throw missingAccess();
  if (!isThreadable(parent)) throw wrongChannelType();
  if (!may(parent, owner, permission)) throw missingPermissions();
  const active = [...world.channels.values()].filter(
    ({ guild, thread }) => guild === parent.guild && thread?.archived === false,
  );
  if (active.length >= world.settings.activeThreads) throw tooManyThreads();
}

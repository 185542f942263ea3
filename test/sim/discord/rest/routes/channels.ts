import { ChannelType, MessageType } from 'discord.js';
import {
  missingPermissions,
  threadArchived,
  unknownMember,
  unknownUser,
  wrongChannelType,
} from '../../api-error.ts';
import type { Json } from '../../json.ts';
import type { Channel, Thread } from '../../model.ts';
import { channelPayload } from '../../payloads.ts';
import { startAlone, startFromMessage } from '../../thread-starts.ts';
import {
  asThread,
  changeThread,
  checkActive,
  joinThread,
  leaveThread,
  removeChannel,
  type ThreadChange,
} from '../../threads.ts';
import { Form } from '../../validation/form.ts';
import { plainBody } from '../../validation/message.ts';
import { may, memberOf } from '../../world.ts';
import { type Answer, created, done, ok, type Request, type Route, route } from '../route.ts';

const NAME = { min: 1, max: 100 };
/** In minutes. https://discord.com/developers/docs/resources/channel#thread-metadata-object */
const AUTO_ARCHIVE = [60, 1440, 4320, 10080];
const DEFAULT_AUTO_ARCHIVE = 1440;
/** Of slow mode, in seconds. */
const SLOWEST = 21_600;

export const channelRoutes: Route[] = [
  route('GET', '/channels/:channel', 'channel', (request) => shown(request, request.channel())),
  route('PATCH', '/channels/:channel', 'channel', changeChannel),
  route('DELETE', '/channels/:channel', 'channel', deleteChannel),
  route('POST', '/channels/:channel/messages/:message/threads', 'threads', threadFromMessage),
  route('POST', '/channels/:channel/threads', 'threads', threadAlone),
  route('PUT', '/channels/:channel/thread-members/@me', 'threads', (request) => {
    joinThread(request.backend.world, activeThread(request), request.backend.world.bot);
    return done;
  }),
  route('PUT', '/channels/:channel/thread-members/:user', 'threads', addMember),
  route('DELETE', '/channels/:channel/thread-members/@me', 'threads', (request) => {
    leaveThread(request.backend.world, activeThread(request), request.backend.world.bot);
    return done;
  }),
];

function shown({ backend }: Request, channel: Channel): Answer {
  return ok(channelPayload(channel, backend.world.bot));
}

function threadFromMessage(request: Request): Answer {
  const { world, messages, limits } = request.backend;
  const message = request.message();
  const form = new Form();
  const start = readStart(form, request.json);
  form.check();
  limits.takeHidden('threadStarts', message.channel.id);
  const thread = startFromMessage(world, messages, message, { ...start, owner: world.bot });
  return created(channelPayload(thread, world.bot));
}

function threadAlone(request: Request): Answer {
  const { world, messages, limits } = request.backend;
  const parent = request.channel();
  const form = new Form();
  const start = readStart(form, request.json);
  const types = [ChannelType.AnnouncementThread, ChannelType.PublicThread, ChannelType.PrivateThread];
  // "type currently defaults to PRIVATE_THREAD": https://discord.com/developers/docs/resources/channel#start-thread-without-message
  const type = form.choice(['type'], request.json.type, types) ?? ChannelType.PrivateThread;
  form.check();
  limits.takeHidden('threadStarts', parent.id);
  return created(
    channelPayload(startAlone(world, messages, parent, { ...start, type, owner: world.bot }), world.bot),
  );
}

function readStart(form: Form, json: Json): { name: string; autoArchive: number } {
  const name = form.text(['name'], trimmed(json.name), { ...NAME, required: true }) ?? '';
  const autoArchive = form.choice(['auto_archive_duration'], json.auto_archive_duration, AUTO_ARCHIVE);
  form.integer(['rate_limit_per_user'], json.rate_limit_per_user, { min: 0, max: SLOWEST });
  return { name, autoArchive: autoArchive ?? DEFAULT_AUTO_ARCHIVE };
}

function trimmed(name: unknown): unknown {
  return typeof name === 'string' ? name.trim() : name;
}

/** Threads only: a helpdesk bot has no business with a channel's own settings. */
function changeChannel(request: Request): Answer {
  const { world, limits } = request.backend;
  const thread = asThread(request.channel());
  if (!thread) throw missingPermissions();
  const change = readChange(request.json);
  checkMayChange(request, thread, change);
  if (change.name !== undefined) limits.takeHidden('channelName', thread.id);
  changeThread(world, thread, change);
  return shown(request, thread);
}

function readChange(json: Json): ThreadChange {
  const form = new Form();
  const name = form.text(['name'], trimmed(json.name), NAME);
  const archived = form.flag(['archived'], json.archived);
  const locked = form.flag(['locked'], json.locked);
  const minutes = form.choice(['auto_archive_duration'], json.auto_archive_duration, AUTO_ARCHIVE);
  form.check();
  return {
    ...(name !== undefined && { name }),
    ...(archived !== undefined && { archived }),
    ...(locked !== undefined && { locked }),
    ...(minutes !== undefined && { autoArchiveMinutes: minutes }),
  };
}

/** The rules of "Editing & Deleting Threads": https://discord.com/developers/docs/topics/threads */
function checkMayChange(request: Request, channel: Channel & { thread: Thread }, change: ThreadChange): void {
  const { bot } = request.backend.world;
  const { thread } = channel;
  const { archived, locked, ...rest } = change;
  if (may(channel, bot, 'ManageThreads')) {
    if (thread.archived && archived !== false) throw threadArchived();
    return;
  }
  const owns = thread.owner === bot;
  if (locked !== undefined) throw missingPermissions();
  if (!owns && (Object.keys(rest).length > 0 || archived === true)) throw missingPermissions();
  if (!owns && archived === false && !thread.members.has(bot.id)) throw missingPermissions();
  if (thread.locked && !owns) throw missingPermissions();
  if (thread.archived && archived !== false) throw threadArchived();
}

function deleteChannel(request: Request): Answer {
  const { world } = request.backend;
  const channel = request.channel();
  const payload = channelPayload(channel, world.bot);
  if (channel.recipient) return ok(payload);
  if (!may(channel, world.bot, channel.thread ? 'ManageThreads' : 'ManageChannels'))
    throw missingPermissions();
  removeChannel(world, channel);
  return ok(payload);
}

function activeThread(request: Request): Channel {
  const thread = asThread(request.channel());
  if (!thread) throw wrongChannelType();
  checkActive(thread);
  return thread;
}

/** https://discord.com/developers/docs/resources/channel#add-thread-member, with a note to all (topics/threads#new-message-types) */
function addMember(request: Request): Answer {
  const { world, messages } = request.backend;
  const thread = activeThread(request);
  const user = world.users.get(request.param('user'));
  if (!user) throw unknownUser();
  if (!memberOf(thread.guild, user)) throw unknownMember();
  if (!may(thread, world.bot, 'SendMessagesInThreads')) throw missingPermissions();
  if (thread.thread?.members.has(user.id)) return done;
  joinThread(world, thread, user);
  const type = MessageType.RecipientAdd;
  const mentions = { users: [user], roles: [], everyone: false, here: false };
  messages.post({ channel: thread, author: world.bot, body: plainBody(''), type, mentions });
  return done;
}

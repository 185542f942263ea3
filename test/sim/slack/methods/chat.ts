import { appMessage } from '../app-message.ts';
import { type Call, type Method, threadRoot, visibleChannel, writableChannel } from '../call.ts';
import { messageJson } from '../message-json.ts';
import type { Channel, Json, Message } from '../objects.ts';
import { POSTING, TIER_3, TIER_4 } from '../rate-tiers.ts';
import { SlackError } from '../slack-error.ts';
import { APP_USER } from '../workspace.ts';
import { metadataOf, newContent, updatedContent, updatedMetadata } from './content.ts';

const scopes = ['chat:write'];

export const chatMethods: Record<string, Method> = {
  'chat.postMessage': { limits: POSTING, scopes, run: postMessage },
  'chat.postEphemeral': { limits: [TIER_4], scopes, run: postEphemeral },
  'chat.update': { limits: [TIER_3], scopes, run: update },
  'chat.delete': { limits: [TIER_3], scopes, run: remove },
  'chat.getPermalink': { limits: [TIER_4], scopes: [], run: permalink },
};

function postMessage(call: Call): Json {
  const { args, workspace, services } = call;
  const channel = writableChannel(call, destination(call));
  const threadTs = args.text('thread_ts');
  const content = newContent(args);
  if (threadTs !== undefined) inThread(call, channel, threadTs);
  const message = workspace.post({
    ...newMessage(call, channel, threadTs),
    ...content,
    ...metadataOf(args),
    ...(args.flag('reply_broadcast') && { broadcast: true }),
  });
  return { channel: channel.id, ts: message.ts, message: messageJson(workspace, services.origin, message) };
}

/** A channel's id, its name with `#`, or a person's id, which stands for the direct messages with them. */
function destination({ args, workspace }: Call): string {
  const given = args.required('channel');
  if (given.startsWith('U') && workspace.users.has(given)) return workspace.directMessage(given).id;
  const named = [...workspace.channels.values()].find((channel) => given === `#${channel.name}`);
  return named?.id ?? given;
}

/** A new message of the app, under the name that the call gives it. */
export function newMessage(call: Call, channel: Channel, threadTs: string | undefined): Message {
  const username = call.args.text('username');
  return {
    ...appMessage(call.workspace, channel.id),
    ...(username !== undefined && { username }),
    ...(threadTs !== undefined && { threadTs }),
  };
}

/** The first reply makes a message a thread, and a reply of the app takes its status away. */
export function inThread(call: Call, channel: Channel, threadTs: string): void {
  const root = threadRoot(call, channel, threadTs);
  if (root.threadTs === undefined) channel.messages.set(root.ts, { ...root, threadTs: root.ts });
  if (call.workspace.status(channel.id, threadTs) !== undefined)
    call.workspace.setStatus(channel, threadTs, '');
}

/** Shown in a thread only where there is one already: https://docs.slack.dev/reference/methods/chat.postEphemeral */
function postEphemeral(call: Call): Json {
  const { args, workspace } = call;
  const channel = writableChannel(call, args.required('channel'));
  const user = args.required('user');
  if (!channel.members.has(user)) throw new SlackError('user_not_in_channel');
  const threadTs = args.text('thread_ts');
  const { text, blocks } = newContent(args);
  const isSeen = threadTs === undefined || workspace.replies(channel, threadTs).length > 0;
  if (isSeen) workspace.whisper(channel, { user, text, blocks, ...(threadTs !== undefined && { threadTs }) });
  return { message_ts: workspace.nextTs() };
}

/** A message that the app may change. Throws `message_not_found` and the given codes. */
function ownMessage(
  call: Call,
  codes: { foreign: string; archived: string },
): { channel: Channel; message: Message } {
  const { args, workspace } = call;
  const channel = visibleChannel(call, args.required('channel'));
  const message = workspace.message(channel, args.required('ts'));
  if (message.subtype === 'tombstone') throw new SlackError('message_not_found');
  if (message.user !== APP_USER.id) throw new SlackError(codes.foreign);
  if (channel.archived) throw new SlackError(codes.archived);
  if (!channel.members.has(APP_USER.id)) throw new SlackError('not_in_channel');
  return { channel, message };
}

function update(call: Call): Json {
  const { args, workspace, services } = call;
  const { channel, message } = ownMessage(call, { foreign: 'cant_update_message', archived: 'is_inactive' });
  if (message.stream?.state === 'in_progress') throw new SlackError('streaming_state_conflict');
  const { marked, ...content } = updatedContent(args, message);
  const { stream: _replaced, edited: _former, ...rest } = message;
  const changed: Message = {
    ...rest,
    ...content,
    ...updatedMetadata(args),
    ...(marked && { edited: { user: APP_USER.id, ts: workspace.nextTs() } }),
  };
  workspace.replace(changed, message);
  return {
    channel: channel.id,
    ts: message.ts,
    text: changed.text,
    message: messageJson(workspace, services.origin, changed),
  };
}

/** An open stream can't be deleted (measured by others: `cant_delete_message`). */
function remove(call: Call): Json {
  const codes = { foreign: 'cant_delete_message', archived: 'is_archived' };
  const { channel, message } = ownMessage(call, codes);
  if (message.stream?.state === 'in_progress') throw new SlackError('cant_delete_message');
  call.workspace.remove(channel, message);
  return { channel: channel.id, ts: message.ts };
}

function permalink(call: Call): Json {
  const { args, workspace } = call;
  const channel = visibleChannel(call, args.required('channel'));
  const { ts, threadTs } = workspace.message(channel, args.required('message_ts'));
  const thread = threadTs === undefined || threadTs === ts ? '' : `?thread_ts=${threadTs}&cid=${channel.id}`;
  const url = `https://${workspace.team.domain}.slack.com/archives/${channel.id}/p${ts.replace('.', '')}${thread}`;
  return { channel: channel.id, permalink: url };
}

import type { Args } from '../args.ts';
import { type Call, type Method, requireScope, visibleChannel } from '../call.ts';
import { messageJson } from '../message-json.ts';
import type { Channel, Json, Message } from '../objects.ts';
import { TIER_2, TIER_3, TIER_4 } from '../rate-tiers.ts';
import { SlackError } from '../slack-error.ts';
import { APP_USER } from '../workspace.ts';

const DEFAULT_PAGE = 100;
const MAX_PAGE = 999;

/** The scopes are those of the channel's kind, asked for when the channel is known. */
export const conversationMethods: Record<string, Method> = {
  'conversations.info': { limits: [TIER_3], scopes: [], run: info },
  'conversations.members': { limits: [TIER_4], scopes: [], run: members },
  'conversations.history': { limits: [TIER_3], scopes: [], run: history },
  'conversations.replies': { limits: [TIER_3], scopes: [], run: replies },
  'conversations.open': { limits: [TIER_3], scopes: ['im:write'], run: open },
  'conversations.list': { limits: [TIER_2], scopes: ['channels:read'], run: list },
  'users.conversations': { limits: [TIER_3], scopes: [], run: ofUser },
  'reactions.add': { limits: [TIER_3], scopes: ['reactions:write'], run: addReaction },
  'reactions.remove': { limits: [TIER_2], scopes: ['reactions:write'], run: removeReaction },
};

const FAMILY = { public: 'channels', private: 'groups', im: 'im', mpim: 'mpim' } as const;

function channelOf(call: Call, access: 'read' | 'history'): Channel {
  const channel = visibleChannel(call, call.args.required('channel'));
  requireScope(call, `${FAMILY[channel.kind]}:${access}`);
  const hidden = access === 'history' && !channel.members.has(APP_USER.id);
  if (hidden) throw new SlackError('not_in_channel');
  return channel;
}

function channelJson(channel: Channel): Json {
  const person = [...channel.members].find((id) => id !== APP_USER.id);
  return {
    id: channel.id,
    is_im: channel.kind === 'im',
    is_channel: channel.kind === 'public',
    is_group: channel.kind === 'private',
    is_mpim: channel.kind === 'mpim',
    is_private: channel.kind !== 'public',
    is_archived: channel.archived,
    is_member: channel.members.has(APP_USER.id),
    ...(channel.kind === 'im' ? { user: person } : { name: channel.name, num_members: channel.members.size }),
  };
}

function info(call: Call): Json {
  return { channel: channelJson(channelOf(call, 'read')) };
}

function members(call: Call): Json {
  const all = [...channelOf(call, 'read').members];
  const limit = Math.min(call.args.number('limit', DEFAULT_PAGE), MAX_PAGE);
  const start = Number(call.args.text('cursor') ?? 0);
  const end = start + limit;
  const next = end < all.length ? String(end) : '';
  return { members: all.slice(start, end), response_metadata: { next_cursor: next } };
}

/** Newest first, as Slack answers. */
function history(call: Call): Json {
  const channel = channelOf(call, 'history');
  const roots = call.workspace
    .messages(channel)
    .filter(({ ts, threadTs, broadcast }) => threadTs === undefined || threadTs === ts || broadcast === true);
  return page(call, roots.reverse());
}

/** The thread's first message, then its replies, oldest first. */
function replies(call: Call): Json {
  const channel = channelOf(call, 'history');
  const ts = call.args.required('ts');
  const root = channel.messages.get(ts);
  if (root === undefined) throw new SlackError('thread_not_found');
  return page(call, [call.workspace.message(channel, ts), ...call.workspace.replies(channel, ts)]);
}

function page(call: Call, all: Message[]): Json {
  const { args, workspace, services } = call;
  const oldest = args.text('oldest') ?? '0';
  const latest = args.text('latest') ?? '9';
  const inclusive = args.flag('inclusive');
  const within = all.filter(
    ({ ts }) => (ts > oldest && ts < latest) || (inclusive && (ts === oldest || ts === latest)),
  );
  const limit = Math.min(args.number('limit', DEFAULT_PAGE), MAX_PAGE);
  const start = Number(args.text('cursor') ?? 0);
  const end = start + limit;
  const hasMore = end < within.length;
  return {
    messages: within
      .slice(start, end)
      .map((message) => messageJson(workspace, services.origin, withAsked(args, message))),
    has_more: hasMore,
    response_metadata: { next_cursor: hasMore ? String(end) : '' },
  };
}

/** Metadata is told only to those who ask for it: https://docs.slack.dev/messaging/message-metadata */
function withAsked(args: Args, message: Message): Message {
  if (args.flag('include_all_metadata')) return message;
  const { metadata: _untold, ...rest } = message;
  return rest;
}

function open({ args, workspace }: Call): Json {
  const users = args.list('users') ?? [];
  if (users.length !== 1) throw new SlackError('users_list_not_supplied');
  const channel = workspace.directMessage(String(users[0]));
  return { channel: { id: channel.id, ...(args.flag('return_im') && channelJson(channel)) } };
}

function list({ workspace }: Call): Json {
  const known = [...workspace.channels.values()].filter((channel) => channel.kind === 'public');
  return { channels: known.map(channelJson), response_metadata: { next_cursor: '' } };
}

const KINDS: Readonly<Record<string, Channel['kind']>> = {
  public_channel: 'public',
  private_channel: 'private',
  mpim: 'mpim',
  im: 'im',
};

/** Of closed channels those that the app is in, too: https://docs.slack.dev/reference/methods/users.conversations */
function ofUser(call: Call): Json {
  const { args, workspace } = call;
  const types = (args.list('types') ?? ['public_channel']).map((type) => KINDS[String(type).trim()]);
  for (const kind of types) {
    if (kind === undefined) throw new SlackError('invalid_types');
    requireScope(call, `${FAMILY[kind]}:read`);
  }
  const user = workspace.user(args.text('user') ?? APP_USER.id).id;
  const isTheirs = ({ kind, members, archived }: Channel) =>
    types.includes(kind) &&
    members.has(user) &&
    (kind === 'public' || members.has(APP_USER.id)) &&
    !(archived && args.flag('exclude_archived'));
  const all = [...workspace.channels.values()].filter(isTheirs);
  const limit = Math.min(args.number('limit', DEFAULT_PAGE), MAX_PAGE);
  const start = Number(args.text('cursor') ?? 0);
  const next = start + limit < all.length ? String(start + limit) : '';
  return {
    channels: all.slice(start, start + limit).map(channelJson),
    response_metadata: { next_cursor: next },
  };
}

function reactionTarget(call: Call): { message: Message; name: string } {
  const channel = visibleChannel(call, call.args.required('channel'));
  const message = call.workspace.message(channel, call.args.required('timestamp'));
  return { message, name: call.args.required('name') };
}

function addReaction(call: Call): Json {
  const { message, name } = reactionTarget(call);
  call.workspace.react(message, APP_USER.id, name);
  return {};
}

function removeReaction(call: Call): Json {
  const { message, name } = reactionTarget(call);
  call.workspace.unreact(message, APP_USER.id, name);
  return {};
}

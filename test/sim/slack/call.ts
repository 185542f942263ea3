import type { App } from './app.ts';
import type { Args } from './args.ts';
import type { Channel, Json, Message } from './objects.ts';
import type { TokenSpec } from './options.ts';
import type { RateLimit } from './rate-tiers.ts';
import { SlackError } from './slack-error.ts';
import type { StreamLimits } from './streams.ts';
import type { Views } from './views.ts';
import { APP_USER, type Workspace } from './workspace.ts';

/** What every method can use beside the workspace. */
export interface Services {
  app: App;
  limits: StreamLimits;
  views: Views;
  /** `http://127.0.0.1:PORT` of this simulator. */
  origin: string;
  /** Where uploads go. */
  uploadOrigin: string;
  /** A WebSocket address that can be used once. */
  connectionUrl(): string;
}

export interface Call {
  args: Args;
  workspace: Workspace;
  token: TokenSpec;
  services: Services;
}

export interface Method {
  limits: RateLimit[];
  /** Any one of these will do; none: no scope is needed. */
  scopes: string[];
  /** Which kinds of token may call it. Default: the bot's. */
  token?: TokenSpec['kind'];
  run(call: Call): Json;
}

/** Throws `missing_scope`, with what is needed and what the token has. */
export function requireScope({ token }: Call, ...anyOf: string[]): void {
  const provided = token.scopes ?? [];
  if (anyOf.length === 0 || anyOf.some((scope) => provided.includes(scope))) return;
  throw new SlackError('missing_scope', { needed: anyOf.join(','), provided: provided.join(',') });
}

/** A channel as far as the bot may know of it: a private one that it is not in does not exist for it. */
export function visibleChannel(call: Call, id: string): Channel {
  const channel = call.workspace.channel(id);
  if (channel.kind !== 'public' && !channel.members.has(APP_USER.id))
    throw new SlackError('channel_not_found');
  return channel;
}

/** A channel to write to. Throws `channel_not_found`, `not_in_channel`, `is_archived`. */
export function writableChannel(call: Call, id: string): Channel {
  const channel = visibleChannel(call, id);
  if (channel.archived) throw new SlackError('is_archived');
  const member = channel.members.has(APP_USER.id) || (call.token.scopes ?? []).includes('chat:write.public');
  if (!member) throw new SlackError('not_in_channel');
  return channel;
}

/**
 * The first message of a thread. Slack's pages don't name the error for a thread that is gone; a reply that goes
 * nowhere would be lost, so it is refused. Throws `thread_not_found`, and `cannot_reply_to_message` for a reply.
 */
export function threadRoot(call: Call, channel: Channel, threadTs: string): Message {
  const root = channel.messages.get(threadTs);
  if (root === undefined) throw new SlackError('thread_not_found');
  if (root.threadTs !== undefined && root.threadTs !== root.ts)
    throw new SlackError('cannot_reply_to_message');
  return call.workspace.message(channel, threadTs);
}

/** The thread that `channel_id` and `thread_ts` name. Throws `invalid_thread_ts`. */
export function threadOf(call: Call): { channel: Channel; threadTs: string } {
  const channel = writableChannel(call, call.args.required('channel_id'));
  const threadTs = call.args.required('thread_ts');
  if (!channel.messages.has(threadTs)) throw new SlackError('invalid_thread_ts');
  return { channel, threadTs };
}

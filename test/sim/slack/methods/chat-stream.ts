import { MAX_BLOCKS, parseBlocks } from '../blocks.ts';
import { type Call, type Method, threadRoot, writableChannel } from '../call.ts';
import { messageJson } from '../message-json.ts';
import type { Json, Message, Stream } from '../objects.ts';
import { TIER_2, TIER_4 } from '../rate-tiers.ts';
import { invalidArguments, SlackError } from '../slack-error.ts';
import { append, keepMode, markdownOf, newStream, parseChunks } from '../streams.ts';
import { APP_USER } from '../workspace.ts';
import { inThread, newMessage } from './chat.ts';
import { metadataOf } from './content.ts';
import { bridgeSession, sessionStatus } from './sessions.ts';

const scopes = ['chat:write'];
const DISPLAY_MODES = ['timeline', 'plan', 'dense'];

export const chatStreamMethods: Record<string, Method> = {
  'chat.startStream': { limits: [TIER_2], scopes, run: startStream },
  'chat.appendStream': { limits: [TIER_4], scopes, run: appendStream },
  'chat.stopStream': { limits: [TIER_2], scopes, run: stopStream },
};

function startStream(call: Call): Json {
  const { args, workspace } = call;
  const channel = writableChannel(call, args.required('channel'));
  const threadTs = args.required('thread_ts');
  const displayMode = args.text('task_display_mode') ?? 'timeline';
  if (!DISPLAY_MODES.includes(displayMode))
    throw invalidArguments('task_display_mode is not one of timeline, plan, dense');
  requireRecipient(call);
  threadRoot(call, channel, threadTs);
  const stream = grown(call, newStream(displayMode));
  inThread(call, channel, threadTs);
  const message = workspace.post(
    streamed({ ...newMessage(call, channel, threadTs), format: 'markdown' }, stream),
  );
  bridgeSession(call, channel, threadTs, 'processing');
  return { channel: channel.id, ts: message.ts };
}

/**
 * Documented as required outside of direct messages; live, bot tokens were refused in those too
 * (https://github.com/openclaw/openclaw/issues/19839, https://github.com/NousResearch/hermes-agent/pull/59010).
 */
function requireRecipient({ args, workspace }: Call): void {
  const user = args.text('recipient_user_id');
  const team = args.text('recipient_team_id');
  if (team === undefined) throw new SlackError('missing_recipient_team_id');
  if (user === undefined) throw new SlackError('missing_recipient_user_id');
  if (team !== workspace.team.id) throw new SlackError('team_not_found');
  workspace.user(user);
}

/** The message's text is what was streamed: Slack builds the fallback by itself. */
function streamed(message: Message, stream: Stream): Message {
  return { ...message, stream, text: markdownOf(stream) };
}

/** What the call brings, after what was there. Throws what `parseChunks`, `keepMode` and `append` throw. */
function grown({ args, services: { limits } }: Call, stream: Stream): Stream {
  const markdownText = args.text('markdown_text');
  const chunks = parseChunks(markdownText, args.json('chunks'), limits);
  return append(keepMode(stream, markdownText, chunks), chunks, limits);
}

/**
 * Throws `message_not_found`, `message_not_owned_by_app`, `message_not_in_streaming_state`, and `stopped_by_user`
 * (https://docs.slack.dev/reference/methods/chat.appendStream).
 */
function openStream(call: Call): { message: Message; stream: Stream } {
  const { args, workspace } = call;
  const channel = writableChannel(call, args.required('channel'));
  const message = workspace.message(channel, args.required('ts'));
  if (message.user !== APP_USER.id) throw new SlackError('message_not_owned_by_app');
  if (message.stream?.stoppedByUser) throw new SlackError('stopped_by_user');
  if (message.stream?.state !== 'in_progress') throw new SlackError('message_not_in_streaming_state');
  return { message, stream: message.stream };
}

function appendStream(call: Call): Json {
  const { message, stream } = openStream(call);
  const next = grown(call, stream);
  if (next === stream) throw new SlackError('no_text');
  call.workspace.append(streamed(message, next));
  return { channel: message.channel, ts: message.ts };
}

function stopStream(call: Call): Json {
  const { args, workspace, services } = call;
  const { message, stream } = openStream(call);
  const last = grown(call, stream);
  const finalBlocks = finalBlocksOf(args.json('blocks'));
  if (last.parts.length === 0 && finalBlocks.length === 0) throw new SlackError('no_text');
  const session = sessionStatus(args.text('session_status') ?? 'active');
  const stopped = {
    ...streamed(message, { ...last, finalBlocks, state: 'completed' }),
    ...metadataOf(args),
  };
  workspace.replace(stopped, message);
  bridgeSession(call, workspace.channel(message.channel), message.threadTs ?? message.ts, session);
  return {
    channel: message.channel,
    ts: message.ts,
    message: messageJson(workspace, services.origin, stopped),
  };
}

function finalBlocksOf(given: unknown): Stream['finalBlocks'] {
  if (given === undefined) return [];
  if (Array.isArray(given) && given.length > MAX_BLOCKS) throw new SlackError('msg_blocks_too_many');
  return parseBlocks(given);
}

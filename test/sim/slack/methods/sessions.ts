import { type Call, type Method, threadOf, visibleChannel } from '../call.ts';
import type { AgentSession, Channel, Json } from '../objects.ts';
import { TIER_3 } from '../rate-tiers.ts';
import { invalidArguments, SlackError } from '../slack-error.ts';
import { APP_USER, threadKey } from '../workspace.ts';

const STATUSES: readonly string[] = ['active', 'processing', 'suspended', 'closed'];
const MAX_TITLE = 200;
const STOP_EVENT = 'agent_session_stopped';

/** https://docs.slack.dev/ai/agent-sessions */
export const sessionMethods: Record<string, Method> = {
  'agents.sessions.setStatus': { limits: [TIER_3], scopes: ['chat:write'], run: setStatus },
  'agents.sessions.rename': { limits: [TIER_3], scopes: ['chat:write'], run: rename },
};

function isStatus(status: string): status is AgentSession['status'] {
  return STATUSES.includes(status);
}

/**
 * Throws `invalid_arguments`, as the live API does (https://github.com/NousResearch/hermes-agent/pull/113698); the
 * method's page names `invalid_status`.
 */
export function sessionStatus(status: string): AgentSession['status'] {
  if (isStatus(status)) return status;
  throw invalidArguments(`status is not one of ${STATUSES.join(', ')}`);
}

/** Creates the session or updates it; a title only counts for a new one. */
export function setSession(
  { workspace, services }: Call,
  channel: Channel,
  threadTs: string,
  status: AgentSession['status'],
  newTitle?: string,
): Omit<AgentSession, 'setAt'> {
  const held = workspace.sessions.get(threadKey(channel.id, threadTs));
  const title = held === undefined ? newTitle : held.title;
  const stoppable = services.app.events.has(STOP_EVENT);
  const session = { status, stoppable, ...(title !== undefined && { title }) };
  workspace.setSession(channel, threadTs, session);
  return session;
}

/**
 * What other methods do to a session: `chat.startStream` and a status make it `processing`, `chat.stopStream`, no
 * status and the end of a stream's time make it `active`. https://docs.slack.dev/ai/agent-sessions and
 * https://docs.slack.dev/ai/migrating-to-agent-messaging#compatibility-bridge
 */
export function bridgeSession(
  call: Call,
  channel: Channel,
  threadTs: string,
  status: AgentSession['status'],
): void {
  const isThere = call.workspace.sessions.has(threadKey(channel.id, threadTs));
  const mayBegin = status === 'processing' && call.services.app.agentView === 'agent_view';
  if (isThere || mayBegin) setSession(call, channel, threadTs, status);
}

/**
 * Only apps that are declared as agents have sessions: others were refused with this code, which the method's page
 * has for callers that are not in the channel (https://github.com/kirodotdev/KiroCrew/issues/9822).
 */
function requireAgent({ services }: Call): void {
  if (services.app.agentView !== 'agent_view') throw new SlackError('not_authorized');
}

/** Throws `channel_not_found`, `not_authorized`, `thread_ts_required`, and `invalid_thread_ts` (not documented). */
function sessionThread(call: Call): { channel: Channel; threadTs: string } {
  const { args } = call;
  const channel = visibleChannel(call, args.required('channel_id'));
  if (!channel.members.has(APP_USER.id)) throw new SlackError('not_authorized');
  if (args.text('thread_ts') === undefined) throw new SlackError('thread_ts_required');
  return threadOf(call);
}

function setStatus(call: Call): Json {
  const { args } = call;
  requireAgent(call);
  const status = sessionStatus(args.required('status'));
  const { channel, threadTs } = sessionThread(call);
  const initiator = args.text('initiator_user_id');
  if (initiator !== undefined && !channel.members.has(initiator)) throw new SlackError('user_not_found');
  const given = args.text('title');
  // The two statuses share one place: https://github.com/NousResearch/hermes-agent/pull/109914
  if (call.workspace.status(channel.id, threadTs)) call.workspace.setStatus(channel, threadTs, '');
  const { title, stoppable } = setSession(call, channel, threadTs, status, given && checkedTitle(given));
  return {
    status,
    agent_status: status,
    ...(title !== undefined && { title }),
    ...(!stoppable && { warning: 'missing_agent_session_stopped_event_subscription' }),
  };
}

function rename(call: Call): Json {
  const { args, workspace } = call;
  requireAgent(call);
  const { channel, threadTs } = sessionThread(call);
  const held = workspace.sessions.get(threadKey(channel.id, threadTs));
  if (held === undefined) throw new SlackError('session_not_found');
  const title = checkedTitle(args.required('title'));
  workspace.setSession(channel, threadTs, { ...held, title });
  return { title };
}

function checkedTitle(title: string): string {
  if (title.length > MAX_TITLE) throw invalidArguments('title must be less than 201 characters');
  return title;
}

import { type Call, type Method, threadOf } from '../call.ts';
import type { AgentSession, Channel, Json } from '../objects.ts';
import { TIER_3 } from '../rate-tiers.ts';
import { invalidArguments, SlackError } from '../slack-error.ts';
import { threadKey } from '../workspace.ts';

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

/** Throws `invalid_arguments`. */
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
): AgentSession {
  const held = workspace.sessions.get(threadKey(channel.id, threadTs));
  const title = held === undefined ? newTitle : held.title;
  const stoppable = services.app.events.has(STOP_EVENT);
  const session = { status, stoppable, ...(title !== undefined && { title }) };
  workspace.setSession(channel, threadTs, session);
  return session;
}

/** Only apps that are declared as agents have sessions. The error for others is not documented. */
function requireAgent({ services }: Call): void {
  if (services.app.agentView !== 'agent_view') throw new SlackError('access_denied');
}

function setStatus(call: Call): Json {
  const { args } = call;
  requireAgent(call);
  const status = sessionStatus(args.required('status'));
  const { channel, threadTs } = threadOf(call);
  const initiator = args.text('initiator_user_id');
  if (initiator !== undefined && !channel.members.has(initiator)) throw new SlackError('user_not_found');
  const given = args.text('title');
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
  const { channel, threadTs } = threadOf(call);
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

import { z } from 'zod';
import { type Call, type Method, visibleChannel, writableChannel } from '../call.ts';
import type { Channel, Json } from '../objects.ts';
import { SPECIAL, TIER_3, TIER_4 } from '../rate-tiers.ts';
import { invalidArguments, SlackError } from '../slack-error.ts';
import { threadKey } from '../workspace.ts';
import { sessionStatus } from './chat-stream.ts';

const MAX_LOADING_MESSAGES = 10;
/** https://docs.slack.dev/ai/developing-agents: up to four prompts. */
const promptsSchema = z
  .array(z.strictObject({ title: z.string().min(1), message: z.string().min(1) }))
  .min(1)
  .max(4);
const MAX_SESSION_TITLE = 200;

export const assistantMethods: Record<string, Method> = {
  'assistant.threads.setStatus': {
    limits: [SPECIAL],
    scopes: ['chat:write', 'assistant:write'],
    run: setStatus,
  },
  'assistant.threads.setSuggestedPrompts': {
    limits: [TIER_4],
    scopes: ['assistant:write'],
    run: setSuggestedPrompts,
  },
  'assistant.threads.setTitle': { limits: [TIER_4], scopes: ['assistant:write'], run: setTitle },
  'agents.sessions.setStatus': { limits: [TIER_3], scopes: ['chat:write'], run: setSessionStatus },
  'agents.sessions.rename': { limits: [TIER_3], scopes: ['chat:write'], run: renameSession },
};

function threadOf(call: Call): { channel: Channel; threadTs: string } {
  const channel = writableChannel(call, call.args.required('channel_id'));
  const threadTs = call.args.required('thread_ts');
  if (!channel.messages.has(threadTs)) throw new SlackError('invalid_thread_ts');
  return { channel, threadTs };
}

function setStatus(call: Call): Json {
  const { args, workspace } = call;
  if (args.values.status === undefined) throw invalidArguments('missing required field: status');
  const loading = args.list('loading_messages') ?? [];
  if (loading.length > MAX_LOADING_MESSAGES)
    throw invalidArguments('no more than 10 items allowed [json-pointer:/loading_messages]');
  const { channel, threadTs } = threadOf(call);
  workspace.setStatus(channel, threadTs, args.text('status') ?? '', loading.map(String));
  return {};
}

/** Prompts and titles belong to the app's own direct messages. */
function agentChannel(call: Call): Channel {
  const channel = visibleChannel(call, call.args.required('channel_id'));
  if (channel.kind !== 'im' || call.services.app.agentView === 'none')
    throw new SlackError('channel_not_found');
  return channel;
}

function setSuggestedPrompts(call: Call): Json {
  const { args, workspace } = call;
  const prompts = promptsSchema.safeParse(args.json('prompts'));
  if (!prompts.success)
    throw invalidArguments(
      ...prompts.error.issues.map((issue) => `${issue.message} [json-pointer:/prompts]`),
    );
  const channel = agentChannel(call);
  const threadTs = args.text('thread_ts') ?? '';
  if (threadTs !== '' && !channel.messages.has(threadTs)) throw new SlackError('invalid_thread_ts');
  const title = args.text('title');
  workspace.setPrompts(channel, threadTs, { prompts: prompts.data, ...(title !== undefined && { title }) });
  return {};
}

function setTitle(call: Call): Json {
  const { args, workspace } = call;
  const channel = agentChannel(call);
  const threadTs = args.required('thread_ts');
  if (!channel.messages.has(threadTs)) throw new SlackError('invalid_thread_ts');
  workspace.setTitle(channel, threadTs, args.required('title'));
  return {};
}

/**
 * https://docs.slack.dev/ai/agent-sessions: only apps that are declared as agents can create sessions. The error
 * for others is not documented.
 */
function requireAgent({ services }: Call): void {
  if (services.app.agentView !== 'agent_view') throw new SlackError('access_denied');
}

function setSessionStatus(call: Call): Json {
  const { args, workspace, services } = call;
  requireAgent(call);
  const status = sessionStatus(args.required('status')) ?? 'active';
  const { channel, threadTs } = threadOf(call);
  const initiator = args.text('initiator_user_id');
  if (initiator !== undefined && !channel.members.has(initiator)) throw new SlackError('user_not_found');
  const held = workspace.sessions.get(threadKey(channel.id, threadTs));
  const title = held === undefined ? titleOf(args.text('title')) : held.title;
  workspace.setSession(channel, threadTs, { status, ...(title !== undefined && { title }) });
  const unheard = services.app.events.has('agent_session_stopped')
    ? {}
    : { warning: 'missing_agent_session_stopped_event_subscription' };
  return { status, agent_status: status, ...(title !== undefined && { title }), ...unheard };
}

function renameSession(call: Call): Json {
  requireAgent(call);
  const { channel, threadTs } = threadOf(call);
  const held = call.workspace.sessions.get(threadKey(channel.id, threadTs));
  if (held === undefined) throw new SlackError('session_not_found');
  const title = titleOf(call.args.required('title'));
  call.workspace.setSession(channel, threadTs, { ...held, ...(title !== undefined && { title }) });
  return { title };
}

function titleOf(title: string | undefined): string | undefined {
  if ((title ?? '').length > MAX_SESSION_TITLE)
    throw invalidArguments('title must be less than 201 characters');
  return title;
}

import { z } from 'zod';
import { type Call, type Method, threadOf, visibleChannel } from '../call.ts';
import type { Channel, Json } from '../objects.ts';
import { SPECIAL, TIER_4 } from '../rate-tiers.ts';
import { invalidArguments, SlackError } from '../slack-error.ts';
import { bridgeSession } from './sessions.ts';

const MAX_LOADING_MESSAGES = 10;
/**
 * Characters of a status and of each loading message; not documented, enforced live
 * (https://github.com/getsentry/junior/pull/56, https://github.com/letta-ai/letta-code/pull/3553).
 */
const MAX_STATUS = 50;
/** https://docs.slack.dev/ai/developing-agents: up to four prompts. */
const promptsSchema = z
  .array(z.strictObject({ title: z.string().min(1), message: z.string().min(1) }))
  .min(1)
  .max(4);

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
};

function setStatus(call: Call): Json {
  const { args, workspace } = call;
  if (args.values.status === undefined) throw invalidArguments('missing required field: status');
  const loading = args.list('loading_messages') ?? [];
  if (loading.length > MAX_LOADING_MESSAGES)
    throw invalidArguments('no more than 10 items allowed [json-pointer:/loading_messages]');
  const status = args.text('status') ?? '';
  if ([status, ...loading].some((text) => String(text).length > MAX_STATUS))
    throw invalidArguments('must be less than 51 characters [json-pointer:/status]');
  const { channel, threadTs } = threadOf(call);
  workspace.setStatus(channel, threadTs, status, loading.map(String));
  bridgeSession(call, channel, threadTs, status === '' ? 'active' : 'processing');
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

import type { AssistantStreamEvent } from 'openai/resources/beta/assistants';
import type { Message, MessageDeltaEvent } from 'openai/resources/beta/threads/messages';
import type { Run, RunStatus } from 'openai/resources/beta/threads/runs/runs';
import type { RunStep, RunStepDeltaEvent } from 'openai/resources/beta/threads/runs/steps';
import type { Status, ToolCall } from '../../view.ts';
import { addContentDelta, type Content, contentOf } from './content.ts';
import { addToolCallDelta, toolCallsOf } from './tool-call.ts';
import { listOf, textOf } from './wire.ts';

/** A message of the assistant. */
export interface MessageEntry {
  readonly type: 'message';
  readonly id: string;
  readonly status: Status;
  readonly content: readonly Content[];
  /** The ids of the files that come with it. */
  readonly attachments: readonly string[];
}

/** A run step in which tools were called. */
export interface ToolCallsEntry {
  readonly type: 'tool_calls';
  readonly id: string;
  readonly status: Status;
  readonly tool_calls: readonly ToolCall[];
}

export type Entry = MessageEntry | ToolCallsEntry;

/** What a run did, as an ordered document, and the run's own state as it was last heard of. */
export interface Transcript {
  readonly run_id: string | null;
  readonly status: RunStatus | null;
  /** Why the run failed, or why the stream broke off though the run may go on. */
  readonly error: string | null;
  readonly incomplete_details: Run['incomplete_details'];
  /** What the run waits for while its status is `requires_action`. */
  readonly required_action: Run['required_action'];
  readonly usage: Run['usage'];
  /** In the order in which they began. */
  readonly entries: readonly Entry[];
}

export const emptyTranscript: Transcript = {
  run_id: null,
  status: null,
  error: null,
  incomplete_details: null,
  required_action: null,
  usage: null,
  entries: [],
};

/**
 * The transcript after one more event. Pure, and shares what did not change. It takes events as servers really send
 * them: unknown ones, and unknown kinds of content and tools, change nothing; nor do late or repeated ones.
 */
export function fold(transcript: Transcript, event: AssistantStreamEvent): Transcript {
  switch (event.event) {
    case 'thread.message.delta':
      return foldMessageDelta(transcript, event.data);
    case 'thread.run.step.delta':
      return foldStepDelta(transcript, event.data);
    case 'thread.message.created':
    case 'thread.message.in_progress':
    case 'thread.message.completed':
    case 'thread.message.incomplete':
      return foldMessage(transcript, event.data);
    case 'thread.run.step.created':
    case 'thread.run.step.in_progress':
    case 'thread.run.step.completed':
    case 'thread.run.step.failed':
    case 'thread.run.step.cancelled':
    case 'thread.run.step.expired':
      return foldStep(transcript, event.data);
    case 'error':
      return { ...transcript, error: textOf(event.data?.message) || 'The stream broke off.' };
    case 'thread.created':
      return transcript;
    default:
      return event.event?.startsWith('thread.run.') ? foldRun(transcript, event.data) : transcript;
  }
}

const ENDED: ReadonlySet<RunStatus> = new Set(['completed', 'incomplete', 'failed', 'cancelled', 'expired']);

/** Whether a run with this status is over. */
export function hasEnded(status: RunStatus): status is Exclude<Status, 'in_progress'> {
  return ENDED.has(status);
}

/** The transcript with a whole run in it, from an event or retrieved. A run that has ended closes what is still open. */
export function foldRun(transcript: Transcript, run: Run): Transcript {
  if (typeof run?.id !== 'string' || typeof run.status !== 'string') return transcript;
  const { status, incomplete_details = null, required_action = null, usage = null } = run;
  const isLate = transcript.run_id === run.id && transcript.status && hasEnded(transcript.status);
  if (isLate && !hasEnded(status)) return transcript;
  return {
    run_id: run.id,
    status,
    error: textOf(run.last_error?.message) || null,
    incomplete_details,
    required_action,
    usage,
    entries: hasEnded(status) ? closed(transcript.entries, status) : transcript.entries,
  };
}

/**
 * The transcript with a whole message in it, from an event or a list. When polling, fold the steps first: they say
 * where a message stands.
 */
export function foldMessage(transcript: Transcript, message: Message): Transcript {
  if (typeof message?.id !== 'string' || message.role === 'user') return transcript;
  const status = message.status ?? 'in_progress';
  const content = contentOf(message.content);
  const attachments = listOf(message.attachments).flatMap((file) => file?.file_id ?? []);
  return update(transcript, emptyMessage(message.id), (entry) =>
    isNews(entry.status, status, entry.content, content)
      ? { ...entry, status, content: richer(status, entry.content, content), attachments }
      : entry,
  );
}

/** The transcript with a whole run step in it, from an event or a list. */
export function foldStep(transcript: Transcript, step: RunStep): Transcript {
  if (typeof step?.id !== 'string') return transcript;
  const details = step.step_details;
  if (details?.type === 'message_creation') {
    const id = details.message_creation?.message_id;
    return id ? update(transcript, emptyMessage(id), (entry) => entry) : transcript;
  }
  if (details?.type !== 'tool_calls') return transcript;
  const status = step.status ?? 'in_progress';
  const calls = toolCallsOf(step);
  return update(transcript, emptyStep(step.id), (entry) =>
    isNews(entry.status, status, entry.tool_calls, calls)
      ? { ...entry, status, tool_calls: richer(status, entry.tool_calls, calls) }
      : entry,
  );
}

function foldMessageDelta(transcript: Transcript, event: MessageDeltaEvent): Transcript {
  const pieces = listOf(event?.delta?.content);
  if (typeof event?.id !== 'string' || pieces.length === 0) return transcript;
  return update(transcript, emptyMessage(event.id), (entry) =>
    entry.status === 'in_progress'
      ? { ...entry, content: pieces.reduce(addContentDelta, entry.content) }
      : entry,
  );
}

function foldStepDelta(transcript: Transcript, event: RunStepDeltaEvent): Transcript {
  const details = event?.delta?.step_details;
  if (typeof event?.id !== 'string' || details?.type !== 'tool_calls') return transcript;
  const calls = listOf(details.tool_calls);
  return update(transcript, emptyStep(event.id), (entry) =>
    entry.status === 'in_progress'
      ? { ...entry, tool_calls: calls.reduce(addToolCallDelta, entry.tool_calls) }
      : entry,
  );
}

/** A whole object that is still in progress may be older than the deltas that came before it. */
function isNews(
  known: Status,
  told: Status,
  content: readonly unknown[],
  whole: readonly unknown[],
): boolean {
  return told !== 'in_progress' || (known === 'in_progress' && content.length === 0 && whole.length > 0);
}

/** What people already saw of something that was broken off stays, even where the server kept nothing of it. */
function richer<T>(status: Status, known: readonly T[], told: readonly T[]): readonly T[] {
  return status !== 'completed' && told.length === 0 ? known : told;
}

function emptyMessage(id: string): MessageEntry {
  return { type: 'message', id, status: 'in_progress', content: [], attachments: [] };
}

function emptyStep(id: string): ToolCallsEntry {
  return { type: 'tool_calls', id, status: 'in_progress', tool_calls: [] };
}

/** Changes the entry with the type and id of `fresh`, which is appended where there is none. The newest is found first. */
function update<T extends Entry>(transcript: Transcript, fresh: T, change: (entry: T) => T): Transcript {
  const isIt = (entry: Entry): entry is T => entry.id === fresh.id && entry.type === fresh.type;
  const { entries } = transcript;
  const at = entries.findLastIndex(isIt);
  const known = entries[at];
  if (!known || !isIt(known)) return { ...transcript, entries: [...entries, change(fresh)] };
  const changed = change(known);
  return changed === known ? transcript : { ...transcript, entries: entries.with(at, changed) };
}

function closed(entries: readonly Entry[], status: Status): readonly Entry[] {
  if (entries.every((entry) => entry.status !== 'in_progress')) return entries;
  return entries.map((entry) => (entry.status === 'in_progress' ? { ...entry, status } : entry));
}

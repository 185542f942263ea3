import type { Message } from 'openai/resources/beta/threads/messages';
import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type { Thread } from 'openai/resources/beta/threads/threads';
import { invalidRequest, notFound } from './api-error.ts';
import { checkFiles } from './file.ts';
import { noteOwner } from './file-owners.ts';
import { newId } from './ids.ts';
import { codeFiles, filesOf, newMessage } from './message.ts';
import type { MessageInput, ThreadInput } from './schemas.ts';
import type { State } from './state.ts';
import { nowInSeconds } from './time.ts';

/** The run that holds a thread now, if there is one; whether it still lives is for the run loop to say. */
export type ActiveRun = (threadId: string) => Promise<Run | undefined>;

/** The messages that a run is writing on a thread, as they stand now, by id: the store may be behind. */
export type Written = (threadId: string) => ReadonlyMap<string, Message> | undefined;

/** Throws a 404 ApiError when the thread does not exist, or no longer. */
export async function findThread(state: State, id: string): Promise<Thread> {
  const thread = await state.threads.get(id);
  if (thread === undefined) throw notFound('thread', id);
  return thread;
}

/** Adds a thread with its first messages; it can be found only when it is whole. */
export async function createThread(state: State, input: ThreadInput): Promise<Thread> {
  const messages = input.messages ?? [];
  const resources = input.tool_resources ?? {};
  const files = [...messages.flatMap(filesOf), ...(resources.code_interpreter?.file_ids ?? [])];
  await checkFiles(state, files);
  const thread: Thread = {
    id: newId('thread_'),
    object: 'thread',
    created_at: nowInSeconds(),
    metadata: input.metadata ?? {},
    tool_resources: withFiles(resources, messages.flatMap(codeFiles)),
  };
  await noteOwner(state, files, thread.id);
  for (const message of messages) await state.messages.append(thread.id, newMessage(thread.id, message));
  await state.threads.put(thread);
  return thread;
}

/** Adds a message at the thread's end, whose messages may have been counted right before. As in OpenAI's API, what it attaches for the code interpreter becomes the thread's. */
export async function addMessage(
  state: State,
  threadId: string,
  input: MessageInput,
  wereCounted = false,
): Promise<Message> {
  const message = newMessage(threadId, input);
  await noteOwner(state, filesOf(input), threadId);
  const files = codeFiles(message);
  if (files.length > 0) {
    await state.threads.update(threadId, (thread) => ({
      ...thread,
      tool_resources: withFiles(thread.tool_resources, files),
    }));
  }
  await state.messages.append(threadId, message, wereCounted);
  return message;
}

function withFiles(resources: Thread['tool_resources'], files: string[]): Thread['tool_resources'] {
  if (files.length === 0) return resources;
  const known = resources?.code_interpreter?.file_ids ?? [];
  return { ...resources, code_interpreter: { file_ids: [...new Set([...known, ...files])] } };
}

/**
 * Throws a 400 ApiError that starts with `refusal` when a run holds the thread.
 * Wording: https://github.com/openai/openai-python/issues/1023
 */
export async function checkIdle(activeRun: ActiveRun, threadId: string, refusal: string): Promise<void> {
  const run = await activeRun(threadId);
  if (run) throw invalidRequest(`${refusal} while a run ${run.id} is active.`);
}

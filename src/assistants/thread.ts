import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type { Thread } from 'openai/resources/beta/threads/threads';
import { invalidRequest, notFound } from './api-error.ts';
import { checkFiles } from './file.ts';
import { newId } from './ids.ts';
import { filesOf, newMessage } from './message.ts';
import type { ThreadInput } from './schemas.ts';
import type { State } from './state.ts';
import { nowInSeconds } from './time.ts';

/** The run that holds a thread now, if there is one; whether it still lives is for the run loop to say. */
export type ActiveRun = (threadId: string) => Promise<Run | undefined>;

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
  await checkFiles(state, [...messages.flatMap(filesOf), ...(resources.code_interpreter?.file_ids ?? [])]);
  const thread: Thread = {
    id: newId('thread_'),
    object: 'thread',
    created_at: nowInSeconds(),
    metadata: input.metadata ?? {},
    tool_resources: resources,
  };
  for (const message of messages) await state.messages.append(thread.id, newMessage(thread.id, message));
  await state.threads.put(thread);
  return thread;
}

/** Removes a thread with its messages, runs and run steps. Throws a 404 ApiError when it does not exist. */
export async function deleteThread(state: State, id: string): Promise<void> {
  if (!(await state.threads.remove(id))) throw notFound('thread', id);
  for await (const run of state.runs.walk(id, { order: 'asc' })) await state.steps.clear(run.id);
  await state.runs.clear(id);
  await state.messages.clear(id);
}

/**
 * Throws a 400 ApiError that starts with `refusal` when a run holds the thread.
 * Wording: https://github.com/openai/openai-python/issues/1023
 */
export async function checkIdle(activeRun: ActiveRun, threadId: string, refusal: string): Promise<void> {
  const run = await activeRun(threadId);
  if (run) throw invalidRequest(`${refusal} while a run ${run.id} is active.`);
}

import type { Message } from 'openai/resources/beta/threads/messages';
import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type { Thread } from 'openai/resources/beta/threads/threads';
import { invalidRequest, notFound } from './api-error.ts';
import { checkFiles } from './file.ts';
import { giveTo } from './file-owners.ts';
import { newId } from './ids.ts';
import { type Attaching, codeFiles, filesOf, newMessage, searchedFiles } from './message.ts';
import type { MessageInput, ThreadInput } from './schemas.ts';
import type { State } from './state.ts';
import { nowInSeconds } from './time.ts';
import {
  checkResources,
  filesOfResources,
  keptResources,
  storesToMake,
  withStore,
} from './tool-resources.ts';

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
  const files = [...messages.flatMap(filesOf), ...filesOfResources(resources)];
  await Promise.all([checkFiles(state, files), checkResources(state, resources)]);
  const id = newId('thread_');
  await giveTo(state, id, files);
  for (const store of storesToMake(resources)) await state.search?.addToThread(id, store);
  const thread: Thread = {
    id,
    object: 'thread',
    created_at: nowInSeconds(),
    metadata: input.metadata ?? {},
    tool_resources: withStore(resources, await state.threadStores.get(id)),
  };
  const whole = await attach(state, thread, messages);
  await state.messages.appendAll(
    id,
    messages.map((message) => newMessage(id, message)),
  );
  await state.threads.put(whole);
  return whole;
}

/** Adds a message at the thread's end, whose messages may have been counted right before. As in OpenAI's API, what it attaches for tools becomes the thread's. */
export async function addMessage(
  state: State,
  threadId: string,
  input: MessageInput,
  wereCounted = false,
): Promise<Message> {
  const message = newMessage(threadId, input);
  await give(state, threadId, [input]);
  await state.messages.append(threadId, message, wereCounted);
  return message;
}

/** The same for several: all of them are in the thread at once. */
export async function addMessages(
  state: State,
  threadId: string,
  inputs: readonly MessageInput[],
): Promise<void> {
  if (inputs.length === 0) return;
  await give(state, threadId, inputs);
  await state.messages.appendAll(
    threadId,
    inputs.map((input) => newMessage(threadId, input)),
  );
}

/** Gives the thread the files that messages are about to bring. */
async function give(state: State, threadId: string, inputs: readonly MessageInput[]): Promise<void> {
  await giveTo(state, threadId, inputs.flatMap(filesOf));
  const attaching = inputs.map(({ attachments }) => ({ attachments: attachments ?? [] }));
  if (!attaching.some(hasTools)) return;
  const thread = await findThread(state, threadId);
  const { tool_resources } = await attach(state, thread, attaching);
  await state.threads.update(threadId, (kept) => ({ ...kept, tool_resources }));
}

/** The thread with what messages attach: files for its code interpreter, and others in its own vector store. */
async function attach(state: State, thread: Thread, messages: Attaching[]): Promise<Thread> {
  const searched = messages.flatMap(searchedFiles);
  const store =
    searched.length > 0 ? await state.search?.addToThread(thread.id, { file_ids: searched }) : undefined;
  const resources = withStore(keptResources(thread.tool_resources), store?.id);
  const code = messages.flatMap(codeFiles);
  if (code.length === 0) return { ...thread, tool_resources: resources };
  const known = resources.code_interpreter?.file_ids ?? [];
  const code_interpreter = { file_ids: [...new Set([...known, ...code])] };
  return { ...thread, tool_resources: { ...resources, code_interpreter } };
}

function hasTools({ attachments }: Attaching): boolean {
  return (attachments ?? []).some(({ tools = [] }) => tools.length > 0);
}

/**
 * Throws a 400 ApiError that starts with `refusal` when a run holds the thread.
 * Wording: https://github.com/openai/openai-python/issues/1023
 */
export async function checkIdle(activeRun: ActiveRun, threadId: string, refusal: string): Promise<void> {
  const run = await activeRun(threadId);
  if (run) throw invalidRequest(`${refusal} while a run ${run.id} is active.`);
}

import type { Run } from 'openai/resources/beta/threads/runs/runs';
import { notFound } from './api-error.ts';
import { removeFile } from './file.ts';
import { isOwned } from './file-owners.ts';
import type { State } from './state.ts';

/**
 * Removes a thread with its messages, runs and run steps, the files that its runs' code wrote, and what was indexed
 * of its attachments; a file that a client uploaded stays, as in OpenAI's API. Throws a 404 ApiError when the thread does not exist.
 */
export async function deleteThread(state: State, id: string): Promise<void> {
  if (!(await state.threads.remove(id))) throw notFound('thread', id);
  await state.search?.removeOfThread(id);
  await state.containers?.remove(id);
  for await (const run of state.runs.walk(id, { order: 'asc' })) await removeTraces(state, run);
  await state.omissions.delete(id);
  await state.runs.clear(id);
  await state.messages.clear(id);
}

/** Removes a run that is over, with its steps, its messages and the files that its code wrote. */
export async function deleteRun(state: State, run: Run): Promise<void> {
  for await (const { step_details: details } of state.steps.walk(run.id, { order: 'asc' }))
    if (details.type === 'message_creation') await state.messages.remove(details.message_creation.message_id);
  await removeTraces(state, run);
  await state.containers?.remove(run.thread_id);
  await state.runs.remove(run.id);
}

/** What stands elsewhere of a run. */
async function removeTraces(state: State, { id, thread_id }: Run): Promise<void> {
  for (const fileId of (await state.produced.get(id)) ?? [])
    if (!(await isOwned(state, fileId, thread_id))) await removeFile(state, fileId);
  await Promise.all([state.produced.delete(id), state.ownFields.delete(id), state.resumable.delete(id)]);
  await state.found.clear(id);
  await state.steps.clear(id);
}

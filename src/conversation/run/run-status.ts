import { setTimeout as sleep } from 'node:timers/promises';
import type { OpenAI } from 'openai';
import type { AssistantStreamEvent } from 'openai/resources/beta/assistants';
import type { Message } from 'openai/resources/beta/threads/messages';
import type { Run } from 'openai/resources/beta/threads/runs/runs';

/** How often a run that is not streamed is looked at, in milliseconds. */
const POLL_INTERVAL = 250;

const ACTIVE: ReadonlySet<string> = new Set(['queued', 'in_progress', 'requires_action', 'cancelling']);

/** Whether nothing more happens to the run. */
export function isOver(run: Run): boolean {
  return !ACTIVE.has(run.status);
}

/** Looks at the run until it is over or requires action. Rejects when `signal` aborts before. */
export async function waitForEnd(client: OpenAI, run: Run, signal?: AbortSignal): Promise<Run> {
  let latest = run;
  while (!isOver(latest) && latest.status !== 'requires_action') {
    latest = await waitForNews(client, latest, signal);
  }
  return latest;
}

/** The run as it stands a moment later. Rejects when `signal` aborts meanwhile. */
export async function waitForNews(
  client: OpenAI,
  { id, thread_id }: Run,
  signal?: AbortSignal,
): Promise<Run> {
  await sleep(POLL_INTERVAL, undefined, { ...(signal && { signal }) });
  return client.beta.threads.runs.retrieve(id, { thread_id });
}

/**
 * What a stream would have said by now: the run's steps and messages as they are stored, and how far it is.
 * @param whole Messages that were whole before, by their ids: they are not fetched again.
 */
export async function* settledEvents(
  client: OpenAI,
  run: Run,
  whole = new Map<string, Message>(),
): AsyncGenerator<AssistantStreamEvent> {
  const { messages, runs } = client.beta.threads;
  const where = { thread_id: run.thread_id };
  for await (const step of runs.steps.list(run.id, { ...where, order: 'asc' })) {
    yield { event: `thread.run.step.${step.status}`, data: step } as AssistantStreamEvent;
    const { step_details: details } = step;
    if (details.type !== 'message_creation') continue;
    const id = details.message_creation.message_id;
    const message = whole.get(id) ?? (await messages.retrieve(id, where).catch(unlessMissing));
    // It is being written anew.
    if (!message) continue;
    if (message.status === 'completed') whole.set(id, message);
    yield { event: `thread.message.${message.status}`, data: message } as AssistantStreamEvent;
  }
  yield { event: `thread.run.${run.status}`, data: run } as AssistantStreamEvent;
}

/** Known by its status: the SDK's classes are loaded with the SDK, and the terminal's prompt does without it. */
function unlessMissing(error: unknown): undefined {
  if (Object(error).status !== 404) throw error;
}

/** Ends a run that somebody left active on the thread, so that the thread takes messages again. Rejects when `signal` aborts before. */
export async function endActiveRun(client: OpenAI, threadId: string, signal?: AbortSignal): Promise<void> {
  const run = await activeRun(client, threadId);
  if (!run) return;
  await client.beta.threads.runs.cancel(run.id, { thread_id: threadId }).catch(() => {});
  await waitForEnd(client, run, signal);
}

/**
 * Waits until no run is active on the thread, however long it waits for others itself. Rejects when `signal` aborts
 * before.
 */
export async function waitForIdle(client: OpenAI, threadId: string, signal?: AbortSignal): Promise<void> {
  while (await activeRun(client, threadId))
    await sleep(POLL_INTERVAL, undefined, { ...(signal && { signal }) });
}

async function activeRun(client: OpenAI, threadId: string): Promise<Run | undefined> {
  const [run] = (await client.beta.threads.runs.list(threadId, { limit: 1 })).data;
  return run && !isOver(run) ? run : undefined;
}

import type { OpenAI } from 'openai';
import type { AssistantStreamEvent } from 'openai/resources/beta/assistants';
import type { Message } from 'openai/resources/beta/threads/messages';
import type { Run, RunCreateParamsBase } from 'openai/resources/beta/threads/runs/runs';
import type { Functions } from '../../functions/functions.ts';
import { isOver, settledEvents, waitForEnd, waitForNews } from './run-status.ts';

/** What a run needs of whoever follows it. */
export interface RunContext {
  readonly functions: Functions;
  /** Cancels the run, which then ends. */
  readonly signal: AbortSignal;
  /** Nobody follows it any more; the run goes on. */
  readonly left?: AbortSignal;
}

/** Starts a run on a thread and yields its events up to its end. */
export type RunThread = (
  threadId: string,
  params: RunCreateParamsBase,
  context: RunContext,
) => AsyncIterable<AssistantStreamEvent>;

/** Follows a run that was begun before: yields all there is of it, again and again up to its end. */
export type FollowRun = (run: Run, context: RunContext) => AsyncIterable<AssistantStreamEvent[]>;

/** A run started twice would answer twice, so the SDK must not retry what starts or continues one. */
const ONCE = { maxRetries: 0 };

/** Runs with `stream: true`; a stream that breaks off is made whole from what the server has stored. */
export function streamedRun(client: OpenAI): RunThread {
  const { runs } = client.beta.threads;
  return async function* (threadId, params, { functions, signal }) {
    let stream: AsyncIterable<AssistantStreamEvent> = await runs.create(
      threadId,
      { ...params, stream: true },
      ONCE,
    );
    for (;;) {
      const run = yield* follow(client, threadId, stream, signal);
      if (run?.status !== 'requires_action') return;
      const tool_outputs = await callFunctions(run, functions, signal);
      if (signal.aborted) {
        yield* settledEvents(client, await cancelled(client, run));
        return;
      }
      stream = await runs.submitToolOutputs(
        run.id,
        { thread_id: threadId, tool_outputs, stream: true },
        ONCE,
      );
    }
  };
}

/** Runs without streaming, and yields the last assistant message and the run's end when it is over. */
export function polledRun(client: OpenAI): RunThread {
  const { messages, runs } = client.beta.threads;
  return async function* (threadId, params, { functions, signal }) {
    let run = await runs.create(threadId, { ...params, stream: false }, ONCE);
    const cancel = onAbort(signal, () => runs.cancel(run.id, { thread_id: threadId }));
    try {
      run = await waitForEnd(client, run);
      while (run.status === 'requires_action') {
        run = await waitForEnd(client, await submit(client, run, { functions, signal }));
      }
    } finally {
      cancel.forget();
    }
    const [last] = (await messages.list(threadId, { run_id: run.id, order: 'desc', limit: 1 })).data;
    if (last) yield { event: 'thread.message.completed', data: last };
    yield { event: `thread.run.${run.status}`, data: run } as AssistantStreamEvent;
  };
}

/** Looks at a begun run, since no server streams one. */
export function begunRun(client: OpenAI): FollowRun {
  return (run, context) => looksAt(client, run, context);
}

async function* looksAt(
  client: OpenAI,
  begun: Run,
  context: RunContext,
): AsyncGenerator<AssistantStreamEvent[]> {
  const known = new Map<string, Message>();
  let run = begun;
  const cancel = onAbort(context.signal, () =>
    client.beta.threads.runs.cancel(run.id, { thread_id: run.thread_id }),
  );
  try {
    while (!isOver(run)) {
      yield await Array.fromAsync(settledEvents(client, run, known));
      if (run.status === 'requires_action') run = await submit(client, run, context);
      else run = await waitForNews(client, run, context.left);
    }
  } finally {
    cancel.forget();
  }
  yield await Array.fromAsync(settledEvents(client, run, known));
}

async function submit(client: OpenAI, run: Run, { functions, signal }: RunContext): Promise<Run> {
  const tool_outputs = await callFunctions(run, functions, signal);
  if (signal.aborted) return cancelled(client, run);
  return client.beta.threads.runs.submitToolOutputs(run.id, { thread_id: run.thread_id, tool_outputs }, ONCE);
}

/** The run as it ends when it is stopped while its functions are called. */
async function cancelled(client: OpenAI, { id, thread_id }: Run): Promise<Run> {
  const { runs } = client.beta.threads;
  // One that has ended meanwhile can't be.
  await runs.cancel(id, { thread_id }).catch(() => {});
  return waitForEnd(client, await runs.retrieve(id, { thread_id }));
}

/** Yields a stream's events, and what is missing at its end when it breaks off; returns the run as it then is. */
async function* follow(
  client: OpenAI,
  threadId: string,
  stream: AsyncIterable<AssistantStreamEvent>,
  signal: AbortSignal,
): AsyncGenerator<AssistantStreamEvent, Run | undefined> {
  let run: Run | undefined;
  const cancel = onAbort(
    signal,
    async () => run && client.beta.threads.runs.cancel(run.id, { thread_id: threadId }),
  );
  try {
    for await (const event of stream) {
      if (isRunEvent(event)) {
        const first = run === undefined;
        run = event.data;
        if (first && signal.aborted) cancel.now();
      }
      yield event;
    }
  } catch (error) {
    if (!run) throw error;
  } finally {
    cancel.forget();
  }
  if (!run || isOver(run) || run.status === 'requires_action') return run;
  run = await waitForEnd(client, run);
  yield* settledEvents(client, run);
  return run;
}

function isRunEvent(event: AssistantStreamEvent): event is AssistantStreamEvent & { data: Run } {
  return (event.data as { object?: string } | undefined)?.object === 'thread.run';
}

/** Cancels on abort. A cancel that fails means that the run has ended already: its last event says how. */
function onAbort(signal: AbortSignal, cancel: () => Promise<unknown>) {
  const now = () => void cancel().catch(() => {});
  signal.addEventListener('abort', now, { once: true });
  if (signal.aborted) now();
  return { now, forget: () => signal.removeEventListener('abort', now) };
}

async function callFunctions(run: Run, functions: Functions, signal: AbortSignal) {
  const calls = run.required_action?.submit_tool_outputs.tool_calls ?? [];
  const expiry = typeof run.expires_at === 'number' && { expiresAt: run.expires_at * 1_000 };
  return Promise.all(
    calls.map(async (call) => ({
      tool_call_id: call.id,
      output: await functions.call({ id: call.id, ...call.function, ...expiry }, signal),
    })),
  );
}

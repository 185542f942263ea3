import type { OpenAI } from 'openai';
import type { AssistantStreamEvent } from 'openai/resources/beta/assistants';
import type { Run, RunCreateParamsBase } from 'openai/resources/beta/threads/runs/runs';
import type { Functions } from '../functions/functions.ts';
import { isOver, settledEvents, waitForEnd } from './run-status.ts';

/** Starts a run on a thread and yields its events up to its end; an abort cancels the run, which then ends. */
export type RunThread = (
  threadId: string,
  params: RunCreateParamsBase,
  signal: AbortSignal,
) => AsyncIterable<AssistantStreamEvent>;

/** A run started twice would answer twice, so the SDK must not retry what starts or continues one. */
const ONCE = { maxRetries: 0 };

/** Runs with `stream: true`; a stream that breaks off is made whole from what the server has stored. */
export function streamedRun(client: OpenAI, functions: Functions): RunThread {
  const { runs } = client.beta.threads;
  return async function* (threadId, params, signal) {
    let stream: AsyncIterable<AssistantStreamEvent> = await runs.create(
      threadId,
      { ...params, stream: true },
      ONCE,
    );
    for (;;) {
      const run = yield* follow(client, threadId, stream, signal);
      if (run?.status !== 'requires_action') return;
      const tool_outputs = await callFunctions(run, functions, signal);
      stream = await runs.submitToolOutputs(
        run.id,
        { thread_id: threadId, tool_outputs, stream: true },
        ONCE,
      );
    }
  };
}

/** Runs without streaming, and yields the last assistant message and the run's end when it is over. */
export function polledRun(client: OpenAI, functions: Functions): RunThread {
  const { messages, runs } = client.beta.threads;
  return async function* (threadId, params, signal) {
    let run = await runs.create(threadId, { ...params, stream: false }, ONCE);
    const cancel = onAbort(signal, () => runs.cancel(run.id, { thread_id: threadId }));
    try {
      run = await waitForEnd(client, run);
      while (run.status === 'requires_action') {
        const tool_outputs = await callFunctions(run, functions, signal);
        run = await runs.submitToolOutputs(run.id, { thread_id: threadId, tool_outputs }, ONCE);
        run = await waitForEnd(client, run);
      }
    } finally {
      cancel.forget();
    }
    const [last] = (await messages.list(threadId, { run_id: run.id, order: 'desc', limit: 1 })).data;
    if (last) yield { event: 'thread.message.completed', data: last };
    yield { event: `thread.run.${run.status}`, data: run } as AssistantStreamEvent;
  };
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
  return Promise.all(
    calls.map(async (call) => ({
      tool_call_id: call.id,
      output: await functions.call(call.function.name, call.function.arguments, signal),
    })),
  );
}

import type { AssistantStreamEvent } from 'openai/resources/beta/assistants';
import type { Run } from 'openai/resources/beta/threads/runs/runs';
import { addToLog } from '../log.ts';
import type { RunObserver } from '../operations/observer.ts';
import type { RunThread } from './run.ts';
import { isOver } from './run-status.ts';

/** The same runs, and `observer` is told what they took and how they ended. Lines of the log carry their ids from then on. */
export function observedRun(runThread: RunThread, observer: RunObserver): RunThread {
  return async function* (...args) {
    const began = performance.now();
    // A stream that broke off is made whole with steps that it had brought already.
    const over = new Set<string>();
    for await (const event of runThread(...args)) {
      const run = runOf(event);
      if (run) addToLog({ run: run.id });
      if (run && isOver(run)) told(run, (performance.now() - began) / 1_000, observer);
      for (const type of toolsIn(event, over)) observer.toolCalled(type);
      yield event;
    }
  };
}

function runOf({ data }: AssistantStreamEvent): Run | undefined {
  return (data as { object?: string } | undefined)?.object === 'thread.run' ? (data as Run) : undefined;
}

function told({ status, usage }: Run, seconds: number, observer: RunObserver): void {
  observer.runEnded(status, seconds);
  if (usage) observer.tokensUsed(usage.prompt_tokens, usage.completion_tokens);
}

/** The types of the tool calls that are over with this event; `over` keeps the steps of which that is known. */
function toolsIn(event: AssistantStreamEvent, over: Set<string>): string[] {
  switch (event.event) {
    case 'thread.run.step.completed':
    case 'thread.run.step.failed':
    case 'thread.run.step.cancelled':
    case 'thread.run.step.expired': {
      const { id, step_details: details } = event.data;
      if (over.has(id)) return [];
      over.add(id);
      return details.type === 'tool_calls' ? details.tool_calls.map(({ type }) => type) : [];
    }
    default:
      return [];
  }
}

import type { AssistantStreamEvent } from 'openai/resources/beta/assistants';
import type { Run } from 'openai/resources/beta/threads/runs/runs';
import { addToLog } from '../../log.ts';
import type { RunObserver } from '../../operations/metrics/observer.ts';
import type { FollowRun, RunThread } from './run.ts';
import { isOver } from './run-status.ts';

/** The same runs, and `observer` is told what they took and how they ended. Lines of the log carry their ids from then on. */
export function observedRun(runThread: RunThread, observer: RunObserver): RunThread {
  return async function* (...args) {
    const watch = new RunWatch(observer);
    for await (const event of runThread(...args)) {
      watch.see(event);
      yield event;
    }
  };
}

/**
 * The same for a run that another process began, of which all there is comes again and again. What was over when it was
 * found, that process has told.
 */
export function observedBegun(followRun: FollowRun, observer: RunObserver): FollowRun {
  return async function* (...args) {
    const watch = new RunWatch(observer);
    let isFirst = true;
    for await (const events of followRun(...args)) {
      for (const event of events) if (isFirst) watch.pass(event);
      for (const event of events) watch.see(event);
      isFirst = false;
      yield events;
    }
  };
}

/** What was told of one run, so that nothing is told twice: what breaks off is made whole with what had come already. */
class RunWatch {
  readonly #observer: RunObserver;
  readonly #began = performance.now();
  /** The ids of steps that are over. */
  readonly #over = new Set<string>();
  #isEnded = false;

  constructor(observer: RunObserver) {
    this.#observer = observer;
  }

  see(event: AssistantStreamEvent): void {
    const run = runOf(event);
    if (run) addToLog({ run: run.id });
    if (run && isOver(run)) this.#end(run);
    for (const type of this.#tools(event)) this.#observer.toolCalled(type);
  }

  /** Tells nothing of the step that is over with this event. */
  pass(event: AssistantStreamEvent): void {
    this.#tools(event);
  }

  #end({ status, usage }: Run): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#observer.runEnded(status, (performance.now() - this.#began) / 1_000);
    if (usage) this.#observer.tokensUsed(usage.prompt_tokens, usage.completion_tokens);
  }

  /** The types of the tool calls that are over with this event. */
  #tools(event: AssistantStreamEvent): string[] {
    switch (event.event) {
      case 'thread.run.step.completed':
      case 'thread.run.step.failed':
      case 'thread.run.step.cancelled':
      case 'thread.run.step.expired': {
        const { id, step_details: details } = event.data;
        const isKnown = this.#over.has(id);
        this.#over.add(id);
        return isKnown || details.type !== 'tool_calls' ? [] : details.tool_calls.map(({ type }) => type);
      }
      default:
        return [];
    }
  }
}

function runOf({ data }: AssistantStreamEvent): Run | undefined {
  return (data as { object?: string } | undefined)?.object === 'thread.run' ? (data as Run) : undefined;
}

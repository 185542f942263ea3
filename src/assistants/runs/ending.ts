import type { Message } from 'openai/resources/beta/threads/messages';
import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type { RunStep } from 'openai/resources/beta/threads/runs/steps';
import { type Failures, told } from '../failures.ts';
import { ModelError } from '../models/model.ts';

/** How a run ends. */
export type Ending =
  | { status: 'completed' }
  | { status: 'incomplete'; reason: 'max_completion_tokens' | 'max_prompt_tokens' }
  | { status: 'failed'; error: Run.LastError; contentFilter?: boolean }
  | { status: 'cancelled' }
  | { status: 'expired' };

const TERMINAL: ReadonlySet<Run['status']> = new Set([
  'completed',
  'incomplete',
  'failed',
  'cancelled',
  'expired',
]);

/** Whether a run with this status is over. */
export function isTerminal(status: Run['status']): boolean {
  return TERMINAL.has(status);
}

/** The reason with which a run is aborted from outside. */
export class RunStopped extends Error {
  readonly ending: Ending;

  constructor(ending: Ending) {
    super(`The run was ${ending.status}.`);
    this.name = 'RunStopped';
    this.ending = ending;
  }
}

/** The reason with which a run is aborted that somebody else will carry on. */
export class RunLeft extends Error {
  constructor() {
    super('The run was left to another process.');
    this.name = 'RunLeft';
  }
}

/** The ending for what a run threw; none for one that was left. */
export function endingOf(error: unknown, signal: AbortSignal, failures: Failures): Ending | RunLeft {
  if (signal.reason instanceof RunLeft) return signal.reason;
  if (signal.reason instanceof RunStopped) return signal.reason.ending;
  const code = error instanceof ModelError ? error.code : 'server_error';
  const neutral = 'The server had an error while it carried out the run. Please try again.';
  return { status: 'failed', error: { code, message: told(error, neutral, failures) } };
}

/** What a message that is still being written becomes; `null` when it is whole. */
export function messageReason(ending: Ending): Message.IncompleteDetails['reason'] | null {
  switch (ending.status) {
    case 'completed':
      return null;
    case 'incomplete':
      return 'max_tokens';
    case 'failed':
      return ending.contentFilter ? 'content_filter' : 'run_failed';
    case 'cancelled':
      return 'run_cancelled';
    case 'expired':
      return 'run_expired';
  }
}

/** What a step that is still in progress becomes. */
export function stepEnding(ending: Ending): StepEnd {
  switch (ending.status) {
    case 'completed':
    case 'cancelled':
    case 'expired':
      return { status: ending.status, last_error: null };
    case 'incomplete':
      return { status: 'failed', last_error: { code: 'server_error', message: INCOMPLETE } };
    case 'failed':
      return { status: 'failed', last_error: stepError(ending.error) };
  }
}

export type StepEnd = Pick<RunStep, 'last_error'> & { status: Exclude<RunStep['status'], 'in_progress'> };

const INCOMPLETE = 'The run reached its token limit before this step was done.';

/** A step knows fewer codes than a run. */
function stepError(error: Run.LastError): RunStep.LastError {
  const code = error.code === 'rate_limit_exceeded' ? error.code : 'server_error';
  return { code, message: error.message };
}

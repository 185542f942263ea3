import type { RunStep } from 'openai/resources/beta/threads/runs/steps';
import type { Run, State } from '../state.ts';
import { nowInSeconds } from '../time.ts';
import { type Ending, messageReason, stepEnding } from './ending.ts';
import type { Stored } from './kept-run.ts';
import type { KeptStep } from './kept-step.ts';
import { sum } from './loop/usage.ts';

export const LOST: Ending = {
  status: 'failed',
  error: {
    code: 'server_error',
    message:
      'The server was restarted while it carried out this run, and what it had kept of it is not enough to go on. What was answered until then is there; start a new run to go on.',
  },
};

/** Ends a run that nobody carries on, with its open steps and messages, and returns it. */
export async function endOrphan(state: State, run: Run, stored: Stored, ending: Ending): Promise<Run> {
  await closeOpen(state, stored, ending);
  for (const { id } of stored.steps.filter(isJunk)) await state.steps.remove(id);
  const ended: Run = {
    ...run,
    tools: run.tools ?? [],
    status: ending.status,
    required_action: null,
    expires_at: null,
    usage: sum(...stored.steps.map(usageIn)),
    ...(ending.status === 'failed' && { failed_at: nowInSeconds(), last_error: ending.error }),
    ...(ending.status === 'cancelled' && { cancelled_at: nowInSeconds() }),
  };
  await state.runs.put(ended);
  return ended;
}

/** Ends what is open of a run, as it stands. */
export async function closeOpen(state: State, { steps, messages }: Stored, ending: Ending): Promise<void> {
  const reason = messageReason(ending);
  for (const message of messages.filter(isOpen)) {
    if (reason === null) continue;
    const incomplete_at = nowInSeconds();
    await state.messages.put({
      ...message,
      status: 'incomplete',
      incomplete_at,
      incomplete_details: { reason },
    });
  }
  const { status, last_error } = stepEnding(ending);
  for (const step of steps.filter(isOpen)) {
    const usage = usageIn(step);
    await state.steps.put({ ...step, status, last_error, usage, [`${status}_at`]: nowInSeconds() });
  }
}

function isOpen({ status }: { status: string }): boolean {
  return status === 'in_progress';
}

function usageIn({ answer, usage }: KeptStep): RunStep.Usage | null {
  return answer?.usage ?? usage ?? null;
}

/** One that the thread's next run could not read, either. */
function isJunk({ step_details: details }: Partial<KeptStep>): boolean {
  return details?.type === undefined;
}

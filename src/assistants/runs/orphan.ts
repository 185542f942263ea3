import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type { State } from '../state.ts';
import { nowInSeconds } from '../time.ts';
import { type Ending, messageReason, stepEnding } from './ending.ts';

const RESTARTED: Ending = {
  status: 'failed',
  error: {
    code: 'server_error',
    message:
      'The server was restarted while it carried out this run. What was answered until then is kept; start a new run to go on.',
  },
};

/** Ends a run that nobody carries out any more, with its open step and message, and returns it. */
export async function endOrphan(state: State, run: Run): Promise<Run> {
  const late = run.expires_at !== null && run.expires_at <= nowInSeconds();
  const ending: Ending = late ? { status: 'expired' } : RESTARTED;
  await closeOpen(state, run, ending);
  const ended: Run = {
    ...run,
    status: ending.status,
    required_action: null,
    expires_at: null,
    ...(ending.status === 'failed' && { failed_at: nowInSeconds(), last_error: ending.error }),
  };
  await state.runs.put(ended);
  return ended;
}

async function closeOpen(state: State, run: Run, ending: Ending): Promise<void> {
  const last = await state.messages.last(run.thread_id);
  const reason = messageReason(ending);
  if (last?.run_id === run.id && last.status === 'in_progress' && reason !== null) {
    await state.messages.put({
      ...last,
      status: 'incomplete',
      incomplete_at: nowInSeconds(),
      incomplete_details: { reason },
    });
  }
  const step = await state.steps.last(run.id);
  if (step?.status !== 'in_progress') return;
  const { status, last_error } = stepEnding(ending);
  await state.steps.put({ ...step, status, last_error, [`${status}_at`]: nowInSeconds() });
}

import type { Run } from 'openai/resources/beta/threads/runs/runs';
import { invalidRequest, shortened } from '../api-error.ts';

/** Wording: https://github.com/TripSit/TripBot/issues/939 */
export function alreadyActive(run: Run): Error {
  return invalidRequest(`Thread ${run.thread_id} already has an active run ${run.id}.`);
}

export function noOutputsIn(run: Run): Error {
  return invalidRequest(`Runs in status "${run.status}" do not accept tool outputs.`);
}

export function notCancellable(run: Run): Error {
  return invalidRequest(`Cannot cancel run with status '${run.status}'.`);
}

export function carriedOutElsewhere(run: Run): Error {
  return invalidRequest(`Run ${run.id} is carried out by another server process: submit to that one.`);
}

/** Throws a 400 ApiError unless there is an output for each call that the run waits for, and none besides. */
export function checkOutputs(run: Run, outputs: ReadonlyMap<string, string>): void {
  const wanted = run.required_action?.submit_tool_outputs.tool_calls.map(({ id }) => id) ?? [];
  const given = [...outputs.keys()];
  if (wanted.length === given.length && wanted.every((id) => outputs.has(id))) return;
  const list = (ids: string[]) => `[${ids.map((id) => `'${shortened(id)}'`).join(', ')}]`;
  throw invalidRequest(`Expected tool outputs for call_ids ${list(wanted)}, got ${list(given)}`);
}

import type { Run } from '../state.ts';

/** OpenAI's: a run that has not come to an end after ten minutes expires. */
export const EXPIRES_AFTER_MS = 600_000;

/** Unix time in seconds at which a run that begins now expires. */
export function expiryOfNew(): number {
  return Math.ceil((Date.now() + EXPIRES_AFTER_MS) / 1000);
}

/** Milliseconds until the run expires; not more than 0 when it is late. */
export function msLeft({ expires_at: at }: Run): number {
  return at === null ? EXPIRES_AFTER_MS : Math.min(at * 1000 - Date.now(), EXPIRES_AFTER_MS);
}

/** A run whose process died may be so late, in ms, and is worth an answer all the same: a deploy can go wrong for as long. */
const LATEST_MS = 60 * 60_000;

/** Whether nobody is to go on with the run. One that waits for a client's outputs has waited as long as it may. */
export function isTooLate(run: Run): boolean {
  return msLeft(run) <= (run.status === 'requires_action' ? 0 : -LATEST_MS);
}

/** The run as it is gone on with: what was lost of its time is none of its own. */
export function renewed(run: Run): Run {
  return run.status === 'requires_action' ? run : { ...run, expires_at: expiryOfNew() };
}

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

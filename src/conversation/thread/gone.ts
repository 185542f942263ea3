import { BadRequestError, NotFoundError } from 'openai';

/** A thread that was deleted, or that another server had: its ids may be of a kind that this one refuses to look for. */
export function isGone(error: unknown): boolean {
  if (error instanceof NotFoundError) return true;
  return error instanceof BadRequestError && error.param === 'thread_id';
}

export function unlessGone(error: unknown): undefined {
  if (!isGone(error)) throw error;
}

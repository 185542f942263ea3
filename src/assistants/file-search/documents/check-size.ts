import { LIMITS, megabytes } from './limits.ts';
import { UnreadableDocument } from './unreadable.ts';

/** Throws an `UnreadableDocument` for a file that nobody need look into. */
export function checkSize({ length }: Uint8Array): void {
  if (length === 0) throw new UnreadableDocument('is empty.');
  if (length <= LIMITS.fileBytes) return;
  const limit = `${megabytes(length)} are more than the ${megabytes(LIMITS.fileBytes)} that are read`;
  throw new UnreadableDocument(`is too large: ${limit}. Split it.`);
}

import type { Transcript } from '../transcript/transcript.ts';
import { citationsOf, searchResults } from './citations.ts';

/**
 * Scores go from 0 to 1. A passage of usual length that says each word of a question once has about 0.45, whatever there is to
 * search; below this one, a passage says less than half of what was asked.
 */
const LEAST_SCORE = 0.2;

/**
 * Whether an answer had nothing to stand on: documents were searched, what was found is of no use, and the answer cites
 * nothing of it. An answer without a search may be small talk, and one that cites has found its source all the same.
 */
export function isUnanswered(transcript: Transcript): boolean {
  const { status, entries } = transcript;
  if (status !== 'completed' || !wasSearched(transcript)) return false;
  const isUseless = entries.flatMap(searchResults).every(({ score }) => score < LEAST_SCORE);
  return isUseless && citationsOf(transcript).length === 0;
}

function wasSearched({ entries }: Transcript): boolean {
  return entries.some(
    (entry) =>
      entry.type === 'tool_calls' &&
      entry.status === 'completed' &&
      entry.tool_calls.some(({ type }) => type === 'file_search'),
  );
}

import type { Transcript } from '../transcript/transcript.ts';
import { citationsOf, searchResults } from './citations.ts';

/**
 * Passages below it have hardly a word or a thought in common with what was searched for. Scores go from 0 to 1, and what
 * answers a question has several times as much.
 */
const LEAST_SCORE = 0.15;

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

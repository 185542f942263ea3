import { lengthOf } from '../../reply/transcript/size.ts';
import type { Transcript } from '../../reply/transcript/transcript.ts';
import type { Outcome } from '../../view.ts';

/**
 * More than any model writes in one answer (some take 128,000 tokens), in UTF-16 code units: one that goes on is caught
 * in a loop. Our own server ends a run by itself; this is for the others, and for what tools put out.
 */
export const LONGEST_ANSWER = 1_000_000;

/** More messages and steps than runs have: each is small, but a server could send them without end. */
const MOST_ENTRIES = 1_000;

/** How a turn ends whose run has no end in sight; undefined for any other. */
export function endOfEndless(transcript: Transcript): Outcome | undefined {
  const isEndless = transcript.entries.length > MOST_ENTRIES || lengthOf(transcript) > LONGEST_ANSWER;
  if (!isEndless) return undefined;
  const longest = LONGEST_ANSWER.toLocaleString('en');
  return {
    status: 'failed',
    error: `The answer had no end in sight after ${longest} characters and was ended. Ask for less at once.`,
  };
}

import type { Candidate } from '../search-index.ts';

/**
 * What the words count beside the meaning, as measured with semantics that were learnt from the documents themselves: both
 * are compared as they are, since both say on their own how good a passage is, the words by what share of the question
 * they are.
 */
export const LEXICAL_SHARE = 0.8;

/** A chunk with one score, from 0 to 1. */
export interface Scored {
  id: number;
  score: number;
  /** What the score is made of. */
  lexical: number;
  semantic?: number;
}

/**
 * One order out of two, best first: a convex sum of how well a chunk has the words and how well the meaning (Bruch, Gai and
 * Ingber 2023, https://arxiv.org/abs/2210.11934). Where there are no vectors at all, the words alone.
 */
export function fuse(candidates: readonly Candidate[], share = LEXICAL_SHARE): Scored[] {
  const hasMeaning = candidates.some(({ semantic }) => semantic !== undefined);
  const score = ({ lexical, semantic = 0 }: Candidate) =>
    hasMeaning ? share * lexical + (1 - share) * Math.max(0, semantic) : lexical;
  return candidates
    .map((one) => ({ ...one, score: Math.min(1, score(one)) }))
    .sort((one, other) => other.score - one.score || one.id - other.id);
}

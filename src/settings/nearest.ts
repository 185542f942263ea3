import { closest, distance } from 'fastest-levenshtein';

/** How many letters may differ between a word and what was meant. */
const MAX_DISTANCE = 2;

/** The word of `known` that `word` was probably meant to be; `undefined` when none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const written = word.toLowerCase();
  const best = closest(written, known);
  return distance(written, best) <= MAX_DISTANCE ? best : undefined;
}

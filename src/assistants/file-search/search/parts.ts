import { bigrams, folded, grams, otherSpellings, tokens, unspacedRuns, wordsOf } from './spelling.ts';
import { languageOf } from './stop-words.ts';

/** What a passage is found by beside its words: other spellings of them, and what they are made of. */
export function partsOf(text: string): string {
  const all = [...new Set(tokens(text))];
  const isGerman = languageOf(all.map(folded)) === 'de';
  return all.flatMap((token) => partsOfToken(token, isGerman)).join(' ');
}

function partsOfToken(token: string, isGerman: boolean): string[] {
  const words = wordsOf(token);
  return [
    // The index finds these of itself, but where only its letters were written otherwise.
    ...(/ß|[^\p{ASCII}\p{L}\p{N}\p{M}\p{P}\p{S}]/u.test(token) || folded(token) !== token.toLowerCase()
      ? words
      : []),
    ...otherSpellings(token),
    ...unspacedRuns(token).flatMap((run) => [...bigrams(run), ...(run.length > 1 ? run : [])]),
    ...(isGerman ? words.flatMap(grams) : []),
  ];
}

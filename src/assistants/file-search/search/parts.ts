import { bigrams, folded, grams, normal, otherSpellings, tokens, unspacedRuns, wordsOf } from './spelling.ts';
import { languageOf } from './stop-words.ts';

/** What a passage is found by beside its words: other spellings of them, and what they are made of. */
export function partsOf(text: string): string {
  const all = [...new Set(tokens(text))];
  const isGerman = languageOf(all.map(folded)) === 'de';
  return [...rewritten(text), ...all.flatMap((token) => partsOfToken(token, isGerman))].join(' ');
}

/** Words whose characters are others than a question has for them, such as ligatures, which the index takes as they are. */
function rewritten(text: string): string[] {
  const pieces = text.split(/\s+/).filter((piece) => normal(piece) !== piece || piece.includes('ß'));
  return [...new Set(pieces)].flatMap((piece) => wordsOf(normal(piece)));
}

function partsOfToken(token: string, isGerman: boolean): string[] {
  return [
    ...otherSpellings(token),
    ...unspacedRuns(token).flatMap((run) => [...bigrams(run), ...(run.length > 1 ? run : [])]),
    ...(isGerman ? wordsOf(token).flatMap(grams) : []),
  ];
}

import {
  bigrams,
  compoundParts,
  folded,
  otherSpellings,
  tokens,
  unspacedRuns,
  withinCompounds,
  wordsOf,
} from './spelling.ts';
import { isStopWord, type Language, languageOf } from './stop-words.ts';

/** What is looked for, in any of several spellings. */
export type Term = readonly string[];

/** A question has fewer; of a page that somebody pastes its beginning will do. Each term takes time. */
export const MOST_TERMS = 32;

/** What to look for to answer a question: what it is about, without its grammar unless it has nothing else. */
export function termsOf(question: string): Term[] {
  const all = tokens(question);
  const language = languageOf(all.map(folded));
  const content = all.filter((token) => !isStopWord(token.toLowerCase(), language));
  const chosen = content.length > 0 ? content : all;
  const found = new Map<string, Term>();
  for (const term of chosen.flatMap((token) => termsOfToken(token, language)))
    if (!found.has(term[0] as string)) found.set(term[0] as string, term);
  return [...found.values()].slice(0, MOST_TERMS);
}

/** Words of content that stand side by side in the question. */
export function phrasesOf(question: string): string[] {
  const all = tokens(question).flatMap(wordsOf);
  const language = languageOf(all);
  const isContent = (word: string) => !isStopWord(word, language) && unspacedRuns(word).length === 0;
  const pairs = all.slice(1).map((word, at): [string, string] => [all[at] as string, word]);
  const phrases = pairs.filter((pair) => pair.every(isContent)).map((pair) => pair.join(' '));
  return [...new Set(phrases)].slice(0, MOST_TERMS);
}

function termsOfToken(token: string, language: Language | undefined): Term[] {
  const runs = unspacedRuns(token);
  if (runs.length > 0) {
    const rest = runs.reduce((left, run) => left.replace(run, ' '), token);
    return [
      ...runs.flatMap(bigrams).map((one) => [one]),
      ...tokens(rest).flatMap((one) => termsOfToken(one, language)),
    ];
  }
  const words = wordsOf(token);
  const whole: Term = [
    folded(token),
    ...otherSpellings(token),
    ...(words.length === 1 ? inGerman(words[0] as string, language) : []),
  ];
  const parts =
    words.length === 1 ? [] : words.filter((word) => word.length > 1 && !isStopWord(word, language));
  return [whole, ...parts.map((word): Term => [word, ...inGerman(word, language)])];
}

/** Words of a question in no language that is known may be German, too. */
function inGerman(word: string, language: Language | undefined): string[] {
  if (language === 'en' || /\d/.test(word)) return [];
  const within = withinCompounds(word);
  return [...transcribed(word), ...(within === undefined ? [] : [within]), ...compoundParts(word)];
}

/** `ae` for `ä` and the other way round, of which the index only knows that `ä` is an `a` with marks. */
function transcribed(word: string): string[] {
  const plain = word.replace(/[äöü]/g, (one) => ({ ä: 'ae', ö: 'oe', ü: 'ue' })[one] as string);
  const umlauts = word.replace(/[aou]e/g, (one) => one.slice(0, 1));
  return [plain, umlauts].filter((one) => one !== word);
}

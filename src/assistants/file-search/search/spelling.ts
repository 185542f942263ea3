/**
 * How one word may stand in documents and questions, and what it is made of. The index takes text apart at whatever is no
 * letter and no digit, and joins nothing; what it would miss by that is found here.
 */

/** Written without spaces between words: Han, Kana, Hangul in part, Thai, Lao, Khmer and Burmese. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー々]+/gu;

/** More parts than that are no word, but a path or a sentence. */
const MOST_JOINED = 3;

/** German words that are shorter are rarely compounds. */
const SHORTEST_COMPOUND = 9;

/** Letters that stand together in a compound. A shorter word would be found in every other compound. */
const GRAM = 5;

/** A part of a compound is hardly shorter. */
const SHORTEST_PART = 4;

/** The longest words that are taken apart, in characters; what is longer is an encoding. */
const LONGEST = 64;

/** German endings of number and case. */
const ENDING = /(?:en|er|es|e|n|s)$/;

/** Text in which the same letters are the same characters, and what is only for the eye is gone. */
export function normal(text: string): string {
  return text
    .toWellFormed()
    .normalize('NFKC')
    .replace(/[\u00ad\u200b-\u200d\u2060\ufeff]/g, '');
}

/** What stands between spaces, without the punctuation around it. */
export function tokens(text: string): string[] {
  return normal(text)
    .split(/[\s\p{Z}]+/u)
    .map((one) => one.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}+#]+$/gu, '').replace(/['’]s$/u, ''))
    .filter((one) => /[\p{L}\p{N}]/u.test(one));
}

/** The letters and digits that stand together, as the index takes a token apart. */
export function wordsOf(token: string): string[] {
  return folded(token).match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
}

/** Small letters, and ss for ß, which the index does not know to be the same. */
export function folded(token: string): string {
  return token.toLowerCase().replaceAll('ß', 'ss');
}

/**
 * Other ways to write a token: `getUserName`, `get_user_name` and "get user name"; `wi-fi` and `wifi`; `utf-8` and `utf8`;
 * `v1.2` and `1.2`; C++ and C#, whose signs the index does not see.
 */
export function otherSpellings(token: string): string[] {
  if (token.length > LONGEST) return [];
  const all = new Set<string>();
  const humps = token
    .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .replace(/(\p{L})(\p{N})/gu, '$1 $2')
    .replace(/(\p{N})(\p{L})/gu, '$1 $2');
  if (humps !== token) all.add(wordsOf(humps).join(' '));
  const parts = wordsOf(token);
  if (parts.length > 1 && parts.length <= MOST_JOINED && /^[\p{L}\p{N}\p{M}'’_-]+$/u.test(token))
    all.add(parts.join(''));
  if (/^v\d/i.test(token)) all.add(token.slice(1));
  const signs = /^(\p{L})(\+\+|#)$/u.exec(token);
  if (signs) all.add(`${signs[1]}${signs[2] === '#' ? 'sharp' : 'plusplus'}`);
  return [...all].map(folded).filter((one) => one !== folded(token));
}

/** What of a token is written without spaces, in runs. */
export function unspacedRuns(token: string): string[] {
  return token.match(UNSPACED) ?? [];
}

/** Whatever two characters stand beside each other: https://en.wikipedia.org/wiki/Bigram */
export function bigrams(run: string): string[] {
  const characters = [...run];
  if (characters.length < 2) return characters;
  return characters.slice(1).map((character, place) => `${characters[place]}${character}`);
}

/** Letters that stand together in a word that may be a compound, in their order; none of a short one. */
export function grams(word: string): string[] {
  return word.length < SHORTEST_COMPOUND || word.length > LONGEST ? [] : slices(bare(word));
}

/** What finds the compounds that have the word within them, as a phrase of `grams`; undefined for a short word. */
export function withinCompounds(word: string): string | undefined {
  const stem = bare(word);
  const shorter = stem.replace(ENDING, '');
  const looked = slices(shorter.length >= GRAM ? shorter : stem);
  return looked.length === 0 || word.length > LONGEST ? undefined : looked.join(' ');
}

/** What a compound may be made of, of which the wrong ones are hardly words. */
export function compoundParts(word: string): string[] {
  if (word.length < SHORTEST_COMPOUND || word.length > LONGEST) return [];
  const ends = Array.from(
    { length: word.length - 2 * SHORTEST_PART + 1 },
    (_, place) => place + SHORTEST_PART,
  );
  return ends.flatMap((end) => [word.slice(0, end), word.slice(end)]);
}

function slices(word: string): string[] {
  return Array.from({ length: Math.max(0, word.length - GRAM + 1) }, (_, at) => word.slice(at, at + GRAM));
}

/** A word without the marks on its letters, which the index leaves out, too. */
function bare(word: string): string {
  return word.normalize('NFD').replace(/\p{M}/gu, '');
}

import { cleanText } from '../layout/clean.ts';

/** Stands where text would otherwise become a link or call somebody. */
const ZERO_WIDTH_SPACE = '\u200b';

/**
 * What has a meaning in Markdown or in a platform's markup, and what looks like it and has none. A backslash before it would
 * be read by some of the platforms and be seen on the others.
 */
const HARMLESS: Readonly<Record<string, string>> = {
  '[': '(',
  ']': ')',
  '<': '‹',
  '>': '›',
  '`': 'ˋ',
  '\\': '∖',
  '*': '∗',
  '~': '∼',
  '|': '∣',
};

/** An underscore inside of a word is one everywhere. */
const UNDERSCORE_AT_EDGE = /(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu;
/** Where an address that is written out would begin, or a call of everybody. */
const BEFORE_ADDRESS = /:(?=\/\/)|(?<=\bwww)\.|(?<=\bmailto):|@/gi;

/**
 * Text of a document as words in a line of Markdown: one line, at most `longest` UTF-16 code units, and nothing in it is
 * markup, a link or a mention on any platform.
 */
export function safeText(text: string, longest: number): string {
  const line = cleanText(text.slice(0, longest * 4), false)
    .replace(/\s+/gu, ' ')
    .trim();
  return cut(line, longest)
    .replace(/[[\]<>`\\*~|]/g, (character) => HARMLESS[character] ?? '')
    .replace(UNDERSCORE_AT_EDGE, 'ˍ')
    .replace(BEFORE_ADDRESS, (character) => character + ZERO_WIDTH_SPACE);
}

function cut(line: string, longest: number): string {
  if (line.length <= longest) return line;
  return `${line
    .slice(0, longest - 1)
    .toWellFormed()
    .replace(/\ufffd$/, '')
    .trimEnd()}…`;
}

/** Longer addresses are none that people read; a platform's message has to hold them. */
const LONGEST_ADDRESS = 1_000;

/**
 * The address of a document as it can stand in a link; undefined for what is not one of the web, and for one that hides
 * whose it is behind a name and password.
 */
export function safeAddress(address: unknown): string | undefined {
  if (typeof address !== 'string') return undefined;
  const url = URL.parse(address.trim());
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined;
  if (url.username !== '' || url.password !== '') return undefined;
  const href = url.href.replace(/[()[\]|*`~<>"'\\]/g, percentEncoded);
  return href.length <= LONGEST_ADDRESS ? href : undefined;
}

function percentEncoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

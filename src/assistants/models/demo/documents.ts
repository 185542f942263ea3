import { excerpt, heldOf } from './excerpt.ts';
import { type Passage, passagesIn } from './passages.ts';

/** So many sources are quoted; more is a list of results and no answer. */
const MAX_QUOTES = 2;

/**
 * Below this score, of 0 to 1, a passage has so little of what the question is about that its words are there by chance: about
 * a third of them, said once each.
 */
const MIN_SCORE = 0.15;

/** What is nearly as good as the best is quoted, too. */
const ALIKE = 0.95;

/** A passage answers a question when it holds this share of the question's own words. */
const MIN_SHARE = 0.5;

/** What most questions hold, and most documents: it tells nothing. */
const COMMON = new Set(
  'a about am an and any are as at be by can could do does for from get give has have hello help hey hi how i if in is it know me my of on or our please show so tell thank thanks that the their there they this to us was we what when where which who whom whose why will with would you your aber als am an auch auf bei bin bitte danke das dem den der des die du ein eine einem einen einer er es für gibt habe haben hallo hat ich im in ist kann kannst können man mein mich mir mit muss nach noch nur oder sich sie sind so soll über um und uns unser von vom wann warum was welche welcher welches wem wen wenn wer werden wie wieso wir wird wo woher wohin wozu zu zum zur'.split(
    ' ',
  ),
);

const ASKS =
  /[?？]|^\s*(?:who|whom|whose|what|when|where|which|why|how|can|could|do|does|is|are|tell me|show me|explain|describe|find|search|look up|wer|was|wann|wo|woher|wohin|welche[rsmn]?|warum|wieso|weshalb|wie|wozu|kann|darf|gibt|zeig|erklär\w*|such\w*)\b/i;

/** Whether a text asks for something that may stand in a document. */
export function isQuestion(text: string): boolean {
  return ASKS.test(text) && wordsOf(text).length > 0;
}

/** The best passages that a search for the question found, quoted; undefined where there is nothing to search. */
export function quotedAnswer(question: string, output: string): string | undefined {
  if (output.startsWith('There are no documents')) return undefined;
  if (output.startsWith('The search failed')) return FAILED;
  const words = wordsOf(question);
  const fitting = passagesIn(output)
    .map((passage) => ({ passage, share: shareOf(words, passage) }))
    .filter(({ passage: { score }, share }) => score >= MIN_SCORE && share >= MIN_SHARE)
    .map(({ passage, share }) => ({ passage, worth: passage.score * share }))
    .sort((one, other) => other.worth - one.worth);
  const best = fitting[0]?.worth ?? 0;
  const quotes = fitting.filter(({ worth }) => worth >= best * ALIKE).slice(0, MAX_QUOTES);
  return quotes.length === 0 ? UNKNOWN : quotes.map(({ passage }) => quote(passage, words)).join('\n\n');
}

const UNKNOWN =
  "I don't know: nothing that I found in the documents answers that. I'm the offline demo and only quote what holds the words of a question; a real model may find more.";

const FAILED = "I don't know: the documents could not be searched just now. Please ask again in a moment.";

/** `From **Handbook › Overtime** (2026-05-01):` and the part of the passage that holds most of the words. */
function quote({ title, headings, date, text, mark }: Passage, words: readonly string[]): string {
  const from = [title, ...headings].map((name) => name.replace(/[*_`[\]<>]/g, '')).join(' › ');
  // What the headings say already need not be said again: their section's own beginning is meant.
  const shown = excerpt(
    text,
    words.filter((word) => heldOf([word], from) === 0),
  );
  const last = shown.split('\n').at(-1) ?? '';
  // Behind a table or a fence the mark would become a part of it.
  const end = /^\s*(?:\||```|~~~)/.test(last) ? `\n\n${mark}` : ` ${mark}`;
  const when = date === undefined ? '' : ` (${date})`;
  return `From **${from}**${when}:\n\n${(shown + end).replaceAll(/^/gm, '> ')}`;
}

/** The share of the words that the passage, or what stands above it, holds. */
function shareOf(words: readonly string[], { title, headings, text }: Passage): number {
  return heldOf(words, [title, ...headings, text].join('\n')) / words.length;
}

/**
 * The beginnings of a text's own words, so that `invoices` is found in `invoice`; of scripts without spaces pairs of
 * characters, and of Japanese those of no grammatical ending.
 */
function wordsOf(text: string): string[] {
  const words = text.toLowerCase().match(WORD) ?? [];
  const own = words.filter((word) => !COMMON.has(word));
  return [...new Set(own.flatMap((word) => (UNSPACED.test(word) ? pairs(word) : stem(word))))];
}

const WORD =
  /\p{sc=Han}+|[\p{sc=Katakana}ー]+|\p{sc=Hiragana}+|[[\p{L}\p{N}]--[\p{sc=Han}\p{sc=Katakana}\p{sc=Hiragana}]]+/gv;

const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]/u;

function pairs(word: string): string[] {
  if (/\p{sc=Hiragana}/u.test(word)) return [];
  const characters = [...word];
  if (characters.length < 2) return characters;
  return characters.slice(1).map((character, at) => `${characters[at]}${character}`);
}

function stem(word: string): string[] {
  if (word.length < 2) return [];
  return [word.slice(0, Math.max(4, word.length - 2))];
}

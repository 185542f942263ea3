import { HEADING, quoted } from './words.ts';

/** A `tsquery`: https://www.postgresql.org/docs/current/textsearch-controls.html#TEXTSEARCH-PARSING-QUERIES */
export interface WordsQuery {
  /** What the index finds by itself. */
  query: string;
  /** What of that is meant, where that is not all; for each chunk its words are read. */
  exactly?: string;
}

/** Chunks in which the words stand side by side. */
export function together(words: readonly string[]): WordsQuery {
  const all = words.map(quoted);
  return { query: all.join(' & '), ...(words.length > 1 && { exactly: all.join(' <-> ') }) };
}

/** Chunks in whose own heading the words of one of the spellings do. */
export function inHeading(spellings: readonly (readonly string[])[]): WordsQuery {
  const any = (one: (words: readonly string[]) => string) => spellings.map(one).join(' | ');
  return {
    query: any((words) => `(${words.map((word) => quoted(HEADING + word)).join(' & ')})`),
    ...(spellings.some((words) => words.length > 1) && {
      exactly: any((words) => `(${words.map((word) => `${quoted(word)}:A`).join(' <-> ')})`),
    }),
  };
}

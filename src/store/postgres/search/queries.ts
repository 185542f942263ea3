import { HEADING, quoted } from './words.ts';

/** `tsquery`s: https://www.postgresql.org/docs/current/textsearch-controls.html#TEXTSEARCH-PARSING-QUERIES */
export interface WordsQuery {
  /**
   * What the index finds by itself, in one of several ways: each has words that must all be there. Of a query with an "or" in
   * it PostgreSQL expects so much that it compares all chunks instead, which takes a hundred times as long.
   */
  queries: readonly string[];
  /** What of that is meant, where that is not all; for each chunk its words are read. */
  exactly?: string;
}

/** Chunks in which the words stand side by side. */
export function together(words: readonly string[]): WordsQuery {
  const all = words.map(quoted);
  return { queries: [all.join(' & ')], ...(words.length > 1 && { exactly: all.join(' <-> ') }) };
}

/** Chunks in whose own heading the words of one of the spellings do. */
export function inHeading(spellings: readonly (readonly string[])[]): WordsQuery {
  const labelled = (words: readonly string[]) =>
    `(${words.map((word) => `${quoted(word)}:A`).join(' <-> ')})`;
  return {
    queries: spellings.map((words) => words.map((word) => quoted(HEADING + word)).join(' & ')),
    ...(spellings.some(({ length }) => length > 1) && { exactly: spellings.map(labelled).join(' | ') }),
  };
}

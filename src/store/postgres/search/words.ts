import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { TOKENIZER } from '../../tokenizer.ts';

/** What is searched of a chunk. */
export interface Fields {
  headings: string;
  text: string;
  parts: string;
}

/** The words of a text, each with its place, from 1. */
type Places = ReadonlyMap<string, readonly number[]>;

/** A `tsvector`, and how many words it was made of. */
export interface Words {
  vector: string;
  length: number;
}

/** Stands before a word of the headings, which is there once more without it. No word has it. */
const ABOVE = '^';

/** What is longer is an encoding; PostgreSQL takes no more than 2,046 bytes. */
const LONGEST = 512;

/** PostgreSQL has no `tsvector` of more than 1 MB: https://www.postgresql.org/docs/current/textsearch-limitations.html */
const MOST_BYTES = 900_000;

/** Beside the word: where it is, how long, and each of its places. */
const BYTES_OF_WORD = 12;
const BYTES_OF_PLACE = 2;

/** Places of words after the first so many are not told apart by PostgreSQL, nor are more of one word. */
const LAST_PLACE = 16_383;
const MOST_PLACES = 255;

/**
 * Takes texts apart into stems as SQLite's full text does, in a table that is in no file, so that both stores find the same:
 * PostgreSQL's own parser takes what looks like an address, a path or a number for one word, and has a language's stop words.
 */
export class Analyzer {
  readonly #database = new DatabaseSync(':memory:');
  readonly #insert: StatementSync;
  readonly #stems: StatementSync;

  constructor() {
    this.#database.exec(`
      CREATE VIRTUAL TABLE texts USING fts5(text, content = '', tokenize = '${TOKENIZER}');
      CREATE VIRTUAL TABLE stems USING fts5vocab(texts, 'instance')`);
    this.#insert = this.#database.prepare('INSERT INTO texts (rowid, text) VALUES (?, ?)');
    this.#stems = this.#database.prepare('SELECT term, doc, "offset" AS place FROM stems');
  }

  /** As `tsvector`s. */
  words(chunks: readonly Fields[]): Words[] {
    const places = this.#places(chunks.flatMap(({ headings, text, parts }) => [headings, text, parts]));
    return chunks.map((_, at) => wordsOf(places.slice(3 * at, 3 * at + 3) as [Places, Places, Places]));
  }

  /** The words of each text in their order. */
  phrases(texts: readonly string[]): string[][] {
    return this.#places(texts).map((places) => {
      const all = [...places].flatMap(([word, at]) => at.map((place): [string, number] => [word, place]));
      return all.sort(([, one], [, other]) => one - other).map(([word]) => word);
    });
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #places(texts: readonly string[]): Places[] {
    const all = texts.map(() => new Map<string, number[]>());
    this.#database.exec('BEGIN');
    try {
      texts.forEach((text, at) => void this.#insert.run(at, text.replaceAll('\0', ' ').toWellFormed()));
      for (const { term, doc, place } of this.#stems.iterate()) {
        const word = String(term);
        if (word.length > LONGEST) continue;
        const words = all[Number(doc)] as Map<string, number[]>;
        const places = words.get(word);
        if (places) places.push(Number(place) + 1);
        else words.set(word, [Number(place) + 1]);
      }
      return all;
    } finally {
      this.#database.exec('ROLLBACK');
    }
  }
}

/** What finds chunks that have all of the words, wherever they stand. */
export function having(words: readonly string[]): string {
  return words.map(quoted).join(' & ');
}

/** What finds chunks in which the words stand side by side. */
export function together(words: readonly string[]): string {
  return words.map(quoted).join(' <-> ');
}

/** The same words as they are found in headings. */
export function above(words: readonly string[]): string[] {
  return words.map((word) => ABOVE + word);
}

function quoted(word: string): string {
  return `'${word.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

function wordsOf([headings, text, parts]: [Places, Places, Places]): Words {
  const inText = lastOf(headings) + 2;
  const inParts = inText + lastOf(text) + 1;
  const all = new Map<string, number[]>();
  add(all, headings, 0);
  add(all, text, inText);
  add(all, parts, inParts);
  for (const [word, places] of headings) all.set(ABOVE + word, [...places]);
  const entries: string[] = [];
  let bytes = 0;
  // Of what is too much the beginning is kept.
  for (const [word, places] of [...all].sort(([, [one = 0]], [, [other = 0]]) => one - other)) {
    const kept = places.filter((place) => place < LAST_PLACE).slice(0, MOST_PLACES);
    bytes += Buffer.byteLength(word) + BYTES_OF_WORD + BYTES_OF_PLACE * kept.length;
    if (bytes > MOST_BYTES) break;
    entries.push(kept.length === 0 ? quoted(word) : `${quoted(word)}:${kept.join(',')}`);
  }
  const length = [headings, text, parts].reduce((sum, places) => sum + countOf(places), 0);
  return { vector: entries.join(' '), length };
}

function add(all: Map<string, number[]>, words: Places, from: number): void {
  for (const [word, places] of words) {
    const moved = places.map((place) => place + from);
    const known = all.get(word);
    if (known) known.push(...moved);
    else all.set(word, moved);
  }
}

function lastOf(words: Places): number {
  let last = 0;
  for (const places of words.values()) last = Math.max(last, places.at(-1) ?? 0);
  return last;
}

function countOf(words: Places): number {
  let count = 0;
  for (const places of words.values()) count += places.length;
  return count;
}

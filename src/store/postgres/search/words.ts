import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Fields } from '../../fields.ts';
import { TOKENIZER } from '../../tokenizer.ts';

/** The words of a text, each with its place, from 1. */
type Places = ReadonlyMap<string, readonly number[]>;

/** A `tsvector`, how many words it was made of, and how many of them are the chunk's own heading. */
export interface Words {
  vector: string;
  length: number;
  heading: number;
}

/** In the order in which they stand in a vector, which tells by its labels where a word is. */
const LABELS = [
  ['above', 'B'],
  ['heading', 'A'],
  ['text', ''],
  ['parts', ''],
] as const;

/** Stands before a word of the chunk's own heading, which is there once more without it: the index knows no labels. */
export const HEADING = '^';

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
    const places = this.#places(chunks.flatMap((chunk) => LABELS.map(([field]) => chunk[field])));
    return chunks.map((_, at) => wordsOf(places.slice(LABELS.length * at, LABELS.length * (at + 1))));
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

/** As a vector has it: in its text it stands between quotes. */
export function quoted(word: string): string {
  return `'${word.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

function wordsOf(fields: readonly Places[]): Words {
  const all = new Map<string, [place: number, label: string][]>();
  let from = 0;
  for (const [at, [, label]] of LABELS.entries()) {
    const words = fields[at] as Places;
    for (const [word, places] of words) {
      const known = all.get(word) ?? [];
      all.set(word, [...known, ...places.map((place): [number, string] => [place + from, label])]);
    }
    // What ends one field and begins the next does not stand side by side.
    from += lastOf(words) + 1;
  }
  const heading = fields[1] as Places;
  for (const word of heading.keys()) all.set(HEADING + word, []);
  const length = fields.reduce((sum, places) => sum + countOf(places), 0);
  return { vector: vectorOf(all), length, heading: countOf(heading) };
}

/** Of what is too much the beginning is kept. */
function vectorOf(words: ReadonlyMap<string, readonly [place: number, label: string][]>): string {
  const entries: string[] = [];
  let bytes = 0;
  const first = (places: readonly [number, string][]) => places[0]?.[0] ?? 0;
  for (const [word, places] of [...words].sort(([, one], [, other]) => first(one) - first(other))) {
    const kept = places.filter(([place]) => place < LAST_PLACE).slice(0, MOST_PLACES);
    bytes += Buffer.byteLength(word) + BYTES_OF_WORD + BYTES_OF_PLACE * kept.length;
    if (bytes > MOST_BYTES) break;
    const where = kept.map(([place, label]) => `${place}${label}`).join(',');
    entries.push(where === '' ? quoted(word) : `${quoted(word)}:${where}`);
  }
  return entries.join(' ');
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

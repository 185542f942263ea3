import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { FIELDS, type Fields, WEIGHTS } from '../../fields.ts';
import {
  type Evidence,
  inHeadings,
  inverseFrequency,
  MOST_SAID,
  rarest,
  relevance,
} from '../../relevance.ts';
import { TOKENIZER } from '../../tokenizer.ts';
import { fileIdIn } from './chunk-ids.ts';

/** What FTS5 gives a word that stands in half of the chunks or more. */
const LEAST_WEIGHT = 1e-6;

/**
 * About so many chunks are ranked for a question: a few ms. The rarer of its terms find them, the frequent ones, which could
 * not put a chunk in front by themselves, are only counted where they stand: as in MaxScore (Turtle and Flood 1995).
 */
const RANKED = 5_000;

/** A chunk as it is searched. */
export type Entry = { id: number } & Fields;

export interface FullTextOptions {
  tokenizer?: string;
  weights?: readonly number[];
}

/** A term in its spellings, as strings of FTS5, and how many chunks have each. */
interface Counted {
  spellings: readonly { text: string; having: number }[];
  /** How many chunks have the most frequent. */
  having: number;
}

/**
 * Full text over SQLite's FTS5. It keeps the words and not the text. A deletion hides its chunk, and `optimize` overwrites
 * its words (https://www.sqlite.org/fts5.html#contentless_delete_tables).
 */
export class FullText {
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;
  readonly #between: StatementSync;
  readonly #best: StatementSync;
  readonly #scores: StatementSync;
  readonly #among: StatementSync;
  readonly #lengths: StatementSync;
  readonly #frequency: StatementSync;
  readonly #count: StatementSync;
  readonly #optimize: StatementSync;

  constructor(database: DatabaseSync, options: FullTextOptions = {}) {
    createFullText(database, options.tokenizer);
    const score = `bm25(words, ${(options.weights ?? WEIGHTS).join(', ')})`;
    this.#insert = database.prepare(
      `INSERT INTO words (rowid, ${FIELDS.join(', ')}) VALUES (?, ${FIELDS.map(() => '?').join(', ')})`,
    );
    this.#delete = database.prepare('DELETE FROM words WHERE rowid = ?');
    this.#between = database.prepare('SELECT id FROM words_docsize WHERE id BETWEEN ? AND ?');
    this.#best = database.prepare(
      `SELECT rowid AS id FROM words WHERE words MATCH ? AND ${fileIdIn('rowid')} IN (SELECT value FROM json_each(?))
       ORDER BY ${score} LIMIT ?`,
    );
    // The plus keeps SQLite from asking for each chunk by itself, which counts the word anew each time.
    this.#scores = database.prepare(
      `SELECT rowid AS id, ${score} AS score FROM words WHERE words MATCH ? AND +rowid IN (SELECT value FROM json_each(?))`,
    );
    this.#among = database.prepare(
      'SELECT rowid AS id FROM words WHERE words MATCH ? AND +rowid IN (SELECT value FROM json_each(?))',
    );
    this.#lengths = database.prepare(
      'SELECT id, sz FROM words_docsize WHERE id IN (SELECT value FROM json_each(?))',
    );
    this.#frequency = database.prepare('SELECT count(*) AS count FROM words WHERE words MATCH ?');
    this.#count = database.prepare('SELECT count(*) AS count FROM words_docsize');
    this.#optimize = database.prepare(`INSERT INTO words (words) VALUES ('optimize')`);
    for (const one of [this.#insert, this.#delete, this.#optimize]) tellLargeIds(one);
  }

  put(entry: Entry): void {
    this.#insert.run(entry.id, ...FIELDS.map((field) => entry[field]));
  }

  /** How many there were. */
  removeBetween(first: number, last: number): number {
    const ids = this.#between.all(first, last);
    for (const { id } of ids) this.#delete.run(Number(id));
    return ids.length;
  }

  optimize(): void {
    this.#optimize.run();
  }

  /**
   * The best chunks of the files, and those that `others` names, with how much each has of what could be had of the terms;
   * phrases raise those that have them.
   */
  search(
    terms: readonly (readonly string[])[],
    phrases: readonly string[],
    limit: number,
    files: Iterable<number>,
    others: Iterable<number> = [],
  ): Map<number, number> {
    const chunks = Number(this.#count.get()?.count);
    const [words, together] = [this.#counted(terms), this.#counted(phrases.map((one) => [one]))];
    const searched = JSON.stringify([...files]);
    const headed = words.map((term) => `{heading} : (${spelled(term)})`);
    const ids = new Set([
      ...[words, together].flatMap((all) => this.#candidates(all, limit, searched)),
      ...this.#bestOf(headed, limit, searched),
      ...others,
    ]);
    const asked = JSON.stringify([...ids]);
    const evidence = (all: readonly Counted[]) => all.map((term) => this.#evidence(term, asked, chunks));
    const scores = relevance(ids, {
      terms: evidence(words),
      phrases: evidence(together),
      headings: this.#headings(headed, asked, chunks),
    });
    return new Map([...scores].filter(([, score]) => score > 0));
  }

  #counted(terms: readonly (readonly string[])[]): Counted[] {
    return terms.flatMap((term) => {
      const spellings = term.flatMap(phrase).map((text) => ({ text, having: this.#having(text) }));
      const having = Math.max(...spellings.map((one) => one.having));
      return spellings.length === 0 ? [] : { spellings, having };
    });
  }

  #having(text: string): number {
    return Number(this.#frequency.get(text)?.count);
  }

  /** By the rarer terms first, and by all where those find too little in the files. */
  #candidates(terms: readonly Counted[], limit: number, files: string): number[] {
    const there = terms.filter(({ having }) => having > 0);
    const rarer = rarest(there, RANKED);
    const found = this.#bestOf(rarer.map(spelled), limit, files);
    const isEnough = found.length >= limit || rarer.length === there.length;
    return isEnough ? found : this.#bestOf(there.map(spelled), limit, files);
  }

  #bestOf(queries: readonly string[], limit: number, files: string): number[] {
    if (queries.length === 0) return [];
    return this.#best.all(queries.join(' OR '), files, limit).map(({ id }) => Number(id));
  }

  /** What of the terms stands in the chunks' own headings, by how rare it is there. */
  #headings(terms: readonly string[], asked: string, chunks: number): Evidence[] {
    const found = terms.map((term) => ({
      weight: inverseFrequency(chunks, this.#having(term)),
      ids: this.#among.all(term, asked).map(({ id }) => Number(id)),
    }));
    const ids = JSON.stringify(found.flatMap(({ ids }) => ids));
    const lengths = this.#lengths
      .all(ids)
      .map(({ id, sz }) => [Number(id), firstSize(sz as Uint8Array)] as const);
    return inHeadings(found, new Map(lengths));
  }

  /** How much each of the chunks has of the term, in the spelling of which it has most. */
  #evidence({ spellings, having }: Counted, asked: string, chunks: number): Evidence {
    const said = new Map<number, number>();
    for (const spelling of spellings.filter((one) => one.having > 0)) {
      const most = MOST_SAID * weightInFts5(chunks, spelling.having);
      for (const { id, score } of this.#scores.all(spelling.text, asked))
        said.set(Number(id), Math.max(said.get(Number(id)) ?? 0, -Number(score) / most));
    }
    return { weight: inverseFrequency(chunks, having), said };
  }
}

/** Any of the term's spellings. */
function spelled({ spellings }: Counted): string {
  return spellings.map(({ text }) => text).join(' OR ');
}

/** How many words the first field has: https://www.sqlite.org/fileformat2.html#varint, of which all but the last have the high bit. */
function firstSize(sizes: Uint8Array): number {
  let size = 0;
  for (const byte of sizes) {
    size = size * 128 + (byte & 127);
    if (byte < 128) break;
  }
  return size;
}

/** What FTS5 multiplies with how much a chunk has of a word: https://www.sqlite.org/fts5.html#the_bm25_function */
function weightInFts5(chunks: number, having: number): number {
  const weight = Math.log((chunks - having + 0.5) / (having + 0.5));
  return weight <= 0 ? LEAST_WEIGHT : weight;
}

/** Creates the table where it is not there. */
function createFullText(database: DatabaseSync, tokenizer = TOKENIZER): void {
  database.exec(
    `CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(
      ${FIELDS.join(', ')}, content = '', contentless_delete = 1, tokenize = '${tokenizer}'
    )`,
  );
}

/** Any text as a string of FTS5, in which nothing has a meaning; none for what has no word, which it finds nothing by. */
function phrase(term: string): string[] {
  const text = term.replaceAll('\0', ' ').toWellFormed();
  return /[\p{L}\p{N}\p{Co}]/u.test(text) ? [`"${text.replaceAll('"', '""')}"`] : [];
}

/**
 * For whatever writes to a database with full text: FTS5 has rows of its own, whose ids are larger than a number of JavaScript,
 * and `node:sqlite` tells the last id that was written, whatever was run since.
 */
export function tellLargeIds(statement: StatementSync): void {
  statement.setReadBigInts(true);
}

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { TOKENIZER } from '../../tokenizer.ts';

/**
 * What a word counts in the headings, in the text, and among the parts. What a passage is about stands in its headings, and
 * those are short; a part of a word says as much as a word, and the list of parts is short, too.
 */
export const WEIGHTS = [2, 1, 1] as const;

/** The two constants of BM25 are FTS5's own: https://www.sqlite.org/fts5.html#the_bm25_function */
const K1 = 1.2;

/** What FTS5 gives a word that stands in most of the chunks. */
const LEAST_WEIGHT = 1e-6;

/** What words side by side count beside single ones: as in a sequential dependence model, less (Metzler and Croft 2005). */
const PHRASES = 0.5;

/** What is searched of a chunk. */
export interface Entry {
  id: number;
  headings: string;
  text: string;
  parts: string;
}

export interface FullTextOptions {
  tokenizer?: string;
  weights?: readonly [headings: number, text: number, parts: number];
}

/**
 * Full text over SQLite's FTS5. It keeps the words and not the text. A deletion hides its chunk, and `optimize` overwrites
 * its words (https://www.sqlite.org/fts5.html#contentless_delete_tables).
 */
export class FullText {
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;
  readonly #between: StatementSync;
  readonly #search: StatementSync;
  readonly #frequency: StatementSync;
  readonly #count: StatementSync;
  readonly #optimize: StatementSync;

  constructor(database: DatabaseSync, options: FullTextOptions = {}) {
    createFullText(database, options.tokenizer);
    const weights = (options.weights ?? WEIGHTS).join(', ');
    this.#insert = database.prepare('INSERT INTO words (rowid, headings, text, parts) VALUES (?, ?, ?, ?)');
    this.#delete = database.prepare('DELETE FROM words WHERE rowid = ?');
    this.#between = database.prepare('SELECT id FROM words_docsize WHERE id BETWEEN ? AND ?');
    this.#search = database.prepare(
      `SELECT rowid AS id, bm25(words, ${weights}) AS score FROM words WHERE words MATCH ? ORDER BY score`,
    );
    this.#frequency = database.prepare('SELECT count(*) AS count FROM words WHERE words MATCH ?');
    this.#count = database.prepare('SELECT count(*) AS count FROM words_docsize');
    this.#optimize = database.prepare(`INSERT INTO words (words) VALUES ('optimize')`);
    for (const one of [this.#insert, this.#delete, this.#optimize]) tellLargeIds(one);
  }

  put({ id, headings, text, parts }: Entry): void {
    this.#insert.run(id, headings, text, parts);
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
   * The best chunks that `isMeant` lets through, best first, by how much each has of what one could have of the terms; phrases
   * raise those that have them.
   */
  search(
    terms: readonly (readonly string[])[],
    phrases: readonly string[],
    limit: number,
    isMeant: (id: number) => boolean,
  ): Map<number, number> {
    const words = this.#ranked(terms, limit, isMeant);
    if (phrases.length === 0) return words;
    const together = this.#ranked(
      phrases.map((one) => [one]),
      limit,
      isMeant,
    );
    const score = (id: number) => ((words.get(id) ?? 0) + PHRASES * (together.get(id) ?? 0)) / (1 + PHRASES);
    // What has a phrase has its words, and may have been too far down by them alone.
    const ids = [...new Set([...words.keys(), ...together.keys()])];
    const all = ids.map((id): [number, number] => [id, score(id)]);
    return new Map(all.sort(([, one], [, other]) => other - one).slice(0, limit));
  }

  #ranked(
    terms: readonly (readonly string[])[],
    limit: number,
    isMeant: (id: number) => boolean,
  ): Map<number, number> {
    const spelled = terms.map((term) => term.map(phrase).filter((one) => one !== undefined));
    const query = spelled.flat().join(' OR ');
    const found = new Map<number, number>();
    if (query === '') return found;
    const most = this.#most(spelled.filter((term) => term.length > 0));
    for (const row of this.#search.iterate(query)) {
      const id = Number(row.id);
      if (!isMeant(id)) continue;
      found.set(id, Math.min(1, -Number(row.score) / most));
      if (found.size === limit) break;
    }
    return found;
  }

  /** What BM25 approaches where a chunk consists of nothing but the terms, each in its most frequent spelling. */
  #most(terms: readonly (readonly string[])[]): number {
    const chunks = Number(this.#count.get()?.count);
    const weights = terms.map((term) => {
      const having = Math.max(...term.map((one) => Number(this.#frequency.get(one)?.count)));
      return Math.max(LEAST_WEIGHT, Math.log((chunks - having + 0.5) / (having + 0.5)));
    });
    return (K1 + 1) * weights.reduce((sum, one) => sum + one, 0);
  }
}

/** Creates the table where it is not there. */
function createFullText(database: DatabaseSync, tokenizer = TOKENIZER): void {
  database.exec(
    `CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(
      headings, text, parts, content = '', contentless_delete = 1, tokenize = '${tokenizer}'
    )`,
  );
}

/** Any text as a string of FTS5, in which nothing has a meaning; undefined for what has no word, which it finds nothing by. */
function phrase(term: string): string | undefined {
  const text = term.replaceAll('\0', ' ').toWellFormed();
  return /[\p{L}\p{N}\p{Co}]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : undefined;
}

/**
 * For whatever writes to a database with full text: FTS5 has rows of its own, whose ids are larger than a number of JavaScript,
 * and `node:sqlite` tells the last id that was written, whatever was run since.
 */
export function tellLargeIds(statement: StatementSync): void {
  statement.setReadBigInts(true);
}

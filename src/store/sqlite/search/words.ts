import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { FIELDS, type Fields, WEIGHTS } from '../../fields.ts';
import { TOKENIZER } from '../../tokenizer.ts';
import { fileIdIn } from './chunk-ids.ts';
import { Counts } from './counts.ts';

/** A chunk as it is searched. */
export type Entry = { id: number } & Fields;

export interface FullTextOptions {
  tokenizer?: string;
  weights?: readonly number[];
}

/**
 * The tables of SQLite's FTS5: the words of the chunks, and once more those of their own headings, which are few, where the
 * others would all be looked through. They keep the words and not the text. A deletion hides its chunk, and `optimize`
 * overwrites its words (https://www.sqlite.org/fts5.html#contentless_delete_tables).
 */
export class Words {
  /** How many chunks have what a query finds, or have it in their own heading. */
  readonly counts: Counts;
  readonly headingCounts: Counts;
  readonly #sql: Statements;

  constructor(database: DatabaseSync, { tokenizer = TOKENIZER, weights = WEIGHTS }: FullTextOptions = {}) {
    const options = `content = '', contentless_delete = 1, tokenize = '${tokenizer}'`;
    database.exec(`
      CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(${FIELDS.join(', ')}, ${options});
      CREATE VIRTUAL TABLE IF NOT EXISTS heads USING fts5(heading, ${options})`);
    const sql = Object.entries(queriesBy(`bm25(words, ${weights.join(', ')})`));
    this.#sql = Object.fromEntries(sql.map(([name, one]) => [name, database.prepare(one)])) as Statements;
    for (const name of WRITING) tellLargeIds(this.#sql[name]);
    for (const name of OF_MANY_ROWS) this.#sql[name].setReturnArrays(true);
    this.counts = new Counts(database, 'words');
    this.headingCounts = new Counts(database, 'heads');
  }

  put(entry: Entry): void {
    this.#forget();
    this.#sql.insert.run(entry.id, ...FIELDS.map((field) => entry[field]));
    if (entry.heading !== '') this.#sql.insertHeading.run(entry.id, entry.heading);
  }

  /** How many there were. */
  removeBetween(first: number, last: number): number {
    this.#forget();
    const ids = this.#sql.between.all(first, last).map(({ id }) => Number(id));
    for (const id of ids) {
      this.#sql.remove.run(id);
      this.#sql.removeHeading.run(id);
    }
    return ids.length;
  }

  optimize(): void {
    this.#sql.optimize.run();
    this.#sql.optimizeHeadings.run();
  }

  /** The chunks of the files that have what a query finds. @param files Their ids, as JSON. */
  having(query: string, files: string): number[] {
    return firstOf(this.#sql.having.all(query, files));
  }

  havingInHeading(query: string, files: string): number[] {
    return firstOf(this.#sql.havingInHeading.all(query, files));
  }

  /** Those that have the most of it. */
  best(query: string, files: string, limit: number): number[] {
    return firstOf(this.#sql.best.all(query, files, limit));
  }

  /** FTS5's scores of those of the chunks that have it, the lower the better. @param chunks Their ids, as JSON. */
  scores(query: string, chunks: string): (readonly [id: number, score: number])[] {
    return rows(this.#sql.scores.all(query, chunks)).map(([id, score]) => [Number(id), Number(score)]);
  }

  amongHeadings(query: string, chunks: string): number[] {
    return firstOf(this.#sql.amongHeadings.all(query, chunks));
  }

  /** How many words the chunks' own headings have. */
  headingLengths(chunks: string): Map<number, number> {
    const sizes = this.#sql.headingLengths.all(chunks);
    return new Map(sizes.map(({ id, sz }) => [Number(id), firstSize(sz as Uint8Array)]));
  }

  #forget(): void {
    this.counts.forget();
    this.headingCounts.forget();
  }
}

const WRITING = [
  'insert',
  'insertHeading',
  'remove',
  'removeHeading',
  'optimize',
  'optimizeHeadings',
] as const;
const OF_MANY_ROWS = ['having', 'havingInHeading', 'best', 'scores', 'amongHeadings'] as const;

type Statements = Record<keyof ReturnType<typeof queriesBy>, StatementSync>;

/** @param score What FTS5 puts chunks in order by. */
function queriesBy(score: string) {
  const inFiles = `${fileIdIn('rowid')} IN (SELECT value FROM json_each(?))`;
  // The plus keeps SQLite from asking for each chunk by itself, which counts the word anew each time.
  const inChunks = '+rowid IN (SELECT value FROM json_each(?))';
  return {
    insert: `INSERT INTO words (rowid, ${FIELDS.join(', ')}) VALUES (?, ${FIELDS.map(() => '?').join(', ')})`,
    insertHeading: 'INSERT INTO heads (rowid, heading) VALUES (?, ?)',
    between: 'SELECT id FROM words_docsize WHERE id BETWEEN ? AND ?',
    remove: 'DELETE FROM words WHERE rowid = ?',
    removeHeading: 'DELETE FROM heads WHERE rowid = ?',
    optimize: `INSERT INTO words (words) VALUES ('optimize')`,
    optimizeHeadings: `INSERT INTO heads (heads) VALUES ('optimize')`,
    having: `SELECT rowid FROM words WHERE words MATCH ? AND ${inFiles}`,
    havingInHeading: `SELECT rowid FROM heads WHERE heads MATCH ? AND ${inFiles}`,
    best: `SELECT rowid FROM words WHERE words MATCH ? AND ${inFiles} ORDER BY ${score} LIMIT ?`,
    scores: `SELECT rowid, ${score} FROM words WHERE words MATCH ? AND ${inChunks}`,
    amongHeadings: `SELECT rowid FROM heads WHERE heads MATCH ? AND ${inChunks}`,
    headingLengths: 'SELECT id, sz FROM heads_docsize WHERE id IN (SELECT value FROM json_each(?))',
  };
}

/** Of statements that return arrays, which their types do not know. */
function rows(all: unknown): unknown[][] {
  return all as unknown[][];
}

function firstOf(all: unknown): number[] {
  return rows(all).map(([id]) => Number(id));
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

/**
 * For whatever writes to a database with full text: FTS5 has rows of its own, whose ids are larger than a number of JavaScript,
 * and `node:sqlite` tells the last id that was written, whatever was run since.
 */
export function tellLargeIds(statement: StatementSync): void {
  statement.setReadBigInts(true);
}

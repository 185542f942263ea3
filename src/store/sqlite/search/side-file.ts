import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { KeptVector } from '../../kept-vector.ts';
import { makePrivate } from '../private-file.ts';
import { fileOf, range } from './chunk-ids.ts';
import { FullText } from './full-text.ts';
import { Vectors } from './vectors.ts';
import { type Entry, tellLargeIds } from './words.ts';

/** Counted up with every change of the tables or of what is in them: another version is made anew. */
const VERSION = 3;

/** For the other connection to come to the end of a transaction, in ms; the longest is an optimisation. */
const BUSY_TIMEOUT_MS = 60_000;

/** A file by its id in the store, and what tells it from one of a backup's that had the same id. */
export interface FileMark {
  id: number;
  stamp: number;
}

export interface VectorEntry extends KeptVector {
  chunk: number;
  generation: string;
}

/** Some of a file. */
export interface FileEntries {
  entries: readonly Entry[];
  vectors: readonly VectorEntry[];
}

/** What is searched for, in the files whose ids are given. */
export interface SideQuery {
  files: Float64Array;
  terms: readonly (readonly string[])[];
  phrases: readonly string[];
  vector?: { generation: string; values: Float32Array };
  limit: number;
}

export interface SideCandidate {
  id: number;
  lexical: number;
  semantic?: number;
}

/**
 * A connection to the database beside the store's own, in which is only what can be made anew from there: words, vectors
 * and what files they are of. One connection writes it, another one searches.
 */
export class SideFile {
  readonly #database: DatabaseSync;
  readonly #text: FullText;
  readonly #sql: Record<keyof typeof SQL, StatementSync>;
  readonly #vectors = new Map<string, Vectors>();
  /** Whether something was deleted that FTS5 only hides. */
  #hasHidden = true;

  constructor(file: string) {
    if (file !== ':memory:') makePrivate(file);
    const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
    this.#database = database;
    // What a power cut takes of it is made anew: https://www.sqlite.org/pragma.html#pragma_synchronous
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON');
    this.#transaction(() => prepare(database));
    this.#text = new FullText(database);
    const prepared = Object.entries(SQL).map(([what, sql]) => [what, database.prepare(sql)]);
    this.#sql = Object.fromEntries(prepared);
    for (const one of Object.values(this.#sql)) tellLargeIds(one);
  }

  files(): FileMark[] {
    return this.#sql.files.all().map(({ id, stamp }) => ({ id: Number(id), stamp: Number(stamp) }));
  }

  add({ entries, vectors }: FileEntries): void {
    this.#transaction(() => {
      for (const entry of entries) this.#text.put(entry);
      this.#putVectors(vectors);
    });
  }

  /** All of the file is there. */
  finish({ id, stamp }: FileMark): void {
    this.#sql.addFile.run(id, stamp);
  }

  remove(files: readonly number[]): void {
    this.#transaction(() => {
      for (const id of files) this.#remove(id);
    });
  }

  addVectors(vectors: readonly VectorEntry[]): void {
    this.#transaction(() => this.#putVectors(vectors));
  }

  keepGenerations(generations: readonly string[]): void {
    this.#sql.keepGenerations.run(JSON.stringify(generations));
  }

  search({ files, terms, phrases, vector, limit }: SideQuery): SideCandidate[] {
    const vectors = vector && this.#vectorsOf(vector.generation);
    const near = new Map(vector && vectors?.nearest(vector.values, limit, new Set(files)));
    const lexical = this.#text.search(terms, phrases, limit, files, near.keys());
    const others = [...lexical.keys()].filter((id) => !near.has(id));
    const cosines = vector && vectors?.cosines(vector.values, others);
    return [...near.keys(), ...others].map((id) => {
      const semantic = near.get(id) ?? cosines?.get(id);
      return { id, lexical: lexical.get(id) ?? 0, ...(semantic !== undefined && { semantic }) };
    });
  }

  /** Leaves no byte of what was removed. */
  scrub(extent: 'whole' | undefined): void {
    if (this.#hasHidden) this.#text.optimize();
    this.#hasHidden = false;
    if (extent === 'whole') this.#database.exec('VACUUM');
    this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  }

  /** What the searching connection has in memory of these files. */
  forget(files: readonly number[]): void {
    const gone = new Set(files);
    for (const vectors of this.#vectors.values()) vectors.forget((id) => gone.has(fileOf(id)));
  }

  close(): void {
    this.#database.close();
  }

  #vectorsOf(generation: string): Vectors {
    const known = this.#vectors.get(generation) ?? new Vectors(this.#database, generation);
    this.#vectors.set(generation, known);
    return known;
  }

  #putVectors(vectors: readonly VectorEntry[]): void {
    for (const { generation, chunk, bits, exact } of vectors)
      this.#sql.addVector.run(generation, chunk, bits, exact);
  }

  #remove(id: number): void {
    const [first, last] = range(id);
    if (this.#text.removeBetween(first, last) > 0) this.#hasHidden = true;
    this.#sql.removeVectors.run(first, last);
    this.#sql.removeFile.run(id);
  }

  #transaction(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}

function prepare(database: DatabaseSync): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
  if (version !== VERSION)
    for (const table of ['words', 'heads', 'files', 'vectors'])
      database.exec(`DROP TABLE IF EXISTS ${table}`);
  database.exec(`
    CREATE TABLE IF NOT EXISTS files (id INTEGER PRIMARY KEY, stamp INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS vectors (
      place INTEGER PRIMARY KEY AUTOINCREMENT, generation TEXT NOT NULL, chunk INTEGER NOT NULL,
      bits BLOB NOT NULL, exact BLOB NOT NULL, UNIQUE (chunk, generation)
    );
    PRAGMA user_version = ${VERSION}`);
}

const SQL = {
  files: 'SELECT id, stamp FROM files',
  addFile: 'INSERT INTO files (id, stamp) VALUES (?, ?) ON CONFLICT DO NOTHING',
  removeFile: 'DELETE FROM files WHERE id = ?',
  addVector: `INSERT INTO vectors (generation, chunk, bits, exact) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  removeVectors: 'DELETE FROM vectors WHERE chunk BETWEEN ? AND ?',
  keepGenerations: 'DELETE FROM vectors WHERE generation NOT IN (SELECT value FROM json_each(?))',
};

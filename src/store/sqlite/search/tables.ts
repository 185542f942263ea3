import { createHash, randomInt, randomUUID } from 'node:crypto';
import type { SQLOutputValue, StatementSync } from 'node:sqlite';
import { headingsIn } from '../../fields.ts';
import { keepVector } from '../../kept-vector.ts';
import {
  type Attributes,
  type Chunk,
  type FoundChunk,
  type IndexedChunk,
  MAX_CHUNKS,
  type WalkedChunk,
} from '../../search-index.ts';
import type { SqliteAccess } from '../access.ts';
import { fileIdIn, fileOf, range } from './chunk-ids.ts';
import type { FileEntries, FileMark, VectorEntry } from './side-file.ts';

/** Stamps of this size tell apart what had the same id before a backup was put back. */
const STAMPS = 2 ** 32;

/** The vector store of files that are not whole yet, or gone: nobody asks for it. */
const HIDDEN = '';

/** What is in one vector store, for whoever asks where to search. */
export type FilesOfStore = ReadonlyMap<number, Attributes>;

/** Files, chunks and vectors in the store's own database. A call holds up everything for about 20 µs a chunk. */
export class SearchTables {
  readonly #access: SqliteAccess;
  readonly #sql: Record<keyof typeof SQL, StatementSync>;
  /** What was read of a vector store; this process alone writes. */
  readonly #known = new Map<string, Map<number, Attributes>>();

  constructor(access: SqliteAccess) {
    this.#access = access;
    const prepared = Object.entries(SQL).map(([what, sql]) => [what, access.database.prepare(sql)]);
    this.#sql = Object.fromEntries(prepared);
  }

  /** Files by id, of the vector store. */
  filesOf(store: string): FilesOfStore {
    const known = this.#known.get(store);
    if (known) return known;
    const rows = this.#rows('filesOf', store);
    const files = new Map(rows.map(({ id, attributes }) => [Number(id), JSON.parse(String(attributes))]));
    this.#known.set(store, files);
    return files;
  }

  marks(): FileMark[] {
    return this.#rows('marks').map(({ id, stamp }) => ({ id: Number(id), stamp: Number(stamp) }));
  }

  /** A file that nobody finds yet; its id. */
  begin(title: string, attributes: Attributes): number {
    return this.#access.write(() => {
      const added = this.#sql.addFile.run(randomInt(STAMPS), randomUUID(), title, JSON.stringify(attributes));
      return Number(added.lastInsertRowid);
    });
  }

  /** @param from The place of the first of the chunks in the file. */
  addChunks(id: number, title: string, chunks: readonly IndexedChunk[], from: number): void {
    this.#access.transaction(() =>
      chunks.forEach(({ headings, place, parts, text }, at) => {
        const [above, where] = [JSON.stringify(headings), JSON.stringify(place ?? null)];
        this.#sql.addChunk.run(
          id * MAX_CHUNKS + from + at,
          hashOf(title, above, text),
          above,
          where,
          parts,
          text,
        );
      }),
    );
  }

  /** Puts the file in its place, all at once; the ids of what was there, which nobody finds any more. */
  settle(id: number, store: string, file: string): number[] {
    return this.#access.transaction(() => {
      const gone = this.#hide(store, file);
      this.#sql.settle.run(store, file, id);
      return gone;
    });
  }

  setAttributes(store: string, file: string, attributes: Attributes): boolean {
    const changed = this.#access.write(
      () => this.#sql.setAttributes.run(JSON.stringify(attributes), store, file).changes,
    );
    this.#known.delete(store);
    return changed > 0;
  }

  /** The ids of the files that nobody finds any more. */
  hide(store: string, file: string | undefined): number[] {
    return this.#access.transaction(() => this.#hide(store, file));
  }

  /** Files that nobody finds, as after a process that died in the middle. */
  hidden(): number[] {
    return this.#rows('filesOf', HIDDEN).map(({ id }) => Number(id));
  }

  /** Deletes some of a file that nobody finds; whether it is gone. */
  sweep(id: number, limit: number): boolean {
    return this.#access.transaction(() => {
      const rows = this.#rows('hashes', ...range(id), limit);
      const last = rows.at(-1);
      if (last) this.#sql.removeChunks.run(id * MAX_CHUNKS, Number(last.id));
      for (const { hash } of rows) this.#sql.removeVectors.run(hash as Uint8Array);
      if (rows.length === limit) return false;
      this.#sql.removeFile.run(id);
      return true;
    });
  }

  chunks(store: string, file: string): Chunk[] {
    const [id] = this.#ids(store, file);
    return id === undefined ? [] : this.#rows('chunks', ...range(id)).map(chunkIn);
  }

  read(ids: readonly number[]): FoundChunk[] {
    return ids.flatMap((id) =>
      this.#rows('found', id, fileOf(id)).map((row) => ({
        id,
        store: String(row.store),
        file: String(row.file),
        attributes: JSON.parse(String(row.attributes)),
        ...chunkIn(row),
      })),
    );
  }

  walk(after: number, limit: number): WalkedChunk[] {
    return this.#rows('walk', after, limit).map(walkedIn);
  }

  /** Of the next `looked` chunks after an id those without a vector, and where they end; undefined where there are no more. */
  withoutVector(
    generation: string,
    after: number,
    looked: number,
    limit: number,
  ): { last: number; chunks: WalkedChunk[] } | undefined {
    const last = this.#rows('lastOf', after, looked)[0]?.last;
    if (typeof last !== 'number' && typeof last !== 'bigint') return undefined;
    const rows = this.#rows('withoutVector', after, last as number, generation, limit);
    return { last: Number(last), chunks: rows.map(walkedIn) };
  }

  /** The chunks that have one of the vectors now. */
  addVectors(
    generation: string,
    vectors: readonly (readonly [id: number, vector: Float32Array])[],
  ): VectorEntry[] {
    return this.#access.transaction(() =>
      vectors.flatMap(([id, vector]) => {
        const [chunk] = this.#rows('hash', id);
        if (!chunk) return [];
        const kept = keepVector(vector);
        const hash = chunk.hash as Uint8Array;
        this.#sql.addVector.run(hash, generation, kept.bits, kept.exact);
        return this.#rows('alike', hash).map((row) => ({ chunk: Number(row.id), generation, ...kept }));
      }),
    );
  }

  /** Forgets the vectors of all others for the next so many texts after one; the last of these, while there are any. */
  keepGenerations(generations: readonly string[], after: Uint8Array, limit: number): Uint8Array | undefined {
    return this.#access.transaction(() => {
      const last = this.#rows('vectorsAfter', after, limit).at(-1)?.hash as Uint8Array | undefined;
      if (last) this.#sql.keepGenerations.run(after, last, JSON.stringify(generations));
      return last;
    });
  }

  count(generation: string | undefined): { chunks: number; vectors: number } {
    const [row] = this.#rows('count', generation ?? null);
    return { chunks: Number(row?.chunks), vectors: Number(row?.vectors) };
  }

  mark(id: number): FileMark {
    return { id, stamp: Number(this.#rows('file', id)[0]?.stamp) };
  }

  /** The next of what the side file has of a file, after a chunk of it; undefined where there is no more. */
  entriesAfter(id: number, after: number, limit: number): FileEntries | undefined {
    const [file] = this.#rows('file', id);
    const rows = this.#rows('slice', after, range(id)[1], limit);
    const last = rows.at(-1);
    if (!file || !last) return undefined;
    const entries = rows.map((row) => ({
      id: Number(row.id),
      ...headingsIn(String(file.title), JSON.parse(String(row.headings))),
      text: String(row.text),
      parts: String(row.parts),
    }));
    const vectors = this.#rows('vectors', after + 1, Number(last.id)).map((row) => ({
      chunk: Number(row.id),
      generation: String(row.generation),
      bits: row.bits as Uint8Array,
      exact: row.exact as Uint8Array,
    }));
    return { entries, vectors };
  }

  #ids(store: string, file: string | undefined): number[] {
    const rows = file === undefined ? this.#rows('filesOf', store) : this.#rows('id', store, file);
    return rows.map(({ id }) => Number(id));
  }

  #hide(store: string, file: string | undefined): number[] {
    const ids = this.#ids(store, file);
    for (const id of ids) this.#sql.settle.run(HIDDEN, randomUUID(), id);
    this.#known.delete(store);
    return ids;
  }

  #rows(what: keyof typeof SQL, ...values: (string | number | Uint8Array | null)[]) {
    return this.#access.read(() => this.#sql[what].all(...values));
  }
}

type Row = Record<string, SQLOutputValue>;

/** What a vector is made of. */
function hashOf(...parts: string[]): Uint8Array {
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}

function chunkIn({ headings, text, place }: Row): Chunk {
  return { headings: JSON.parse(String(headings)), text: String(text), place: JSON.parse(String(place)) };
}

function walkedIn({ id, title, headings, text }: Row): WalkedChunk {
  return { id: Number(id), headings: [String(title), ...JSON.parse(String(headings))], text: String(text) };
}

/** Of a chunk's file. */
const TITLE = `(SELECT title FROM search_files WHERE search_files.id = ${fileIdIn('search_chunks.id')})`;

const SQL = {
  marks: "SELECT id, stamp FROM search_files WHERE store <> ''",
  filesOf: 'SELECT id, attributes FROM search_files WHERE store = ?',
  id: 'SELECT id FROM search_files WHERE store = ? AND file = ?',
  file: 'SELECT stamp, title FROM search_files WHERE id = ?',
  addFile: "INSERT INTO search_files (stamp, store, file, title, attributes) VALUES (?, '', ?, ?, ?)",
  settle: 'UPDATE search_files SET store = ?, file = ? WHERE id = ?',
  setAttributes: 'UPDATE search_files SET attributes = ? WHERE store = ? AND file = ?',
  removeFile: 'DELETE FROM search_files WHERE id = ?',
  addChunk: 'INSERT INTO search_chunks (id, hash, headings, place, parts, text) VALUES (?, ?, ?, ?, ?, ?)',
  chunks: 'SELECT id, headings, place, parts, text FROM search_chunks WHERE id BETWEEN ? AND ? ORDER BY id',
  slice: 'SELECT id, headings, parts, text FROM search_chunks WHERE id > ? AND id <= ? ORDER BY id LIMIT ?',
  found: `SELECT store, file, attributes, headings, place, text FROM search_chunks, search_files
    WHERE search_chunks.id = ? AND search_files.id = ? AND store <> ''`,
  hash: 'SELECT hash FROM search_chunks WHERE id = ?',
  hashes: 'SELECT id, hash FROM search_chunks WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?',
  alike: 'SELECT id FROM search_chunks WHERE hash = ?',
  removeChunks: 'DELETE FROM search_chunks WHERE id BETWEEN ? AND ?',
  walk: `SELECT id, ${TITLE} AS title, headings, text FROM search_chunks WHERE id > ? ORDER BY id LIMIT ?`,
  withoutVector: `SELECT id, ${TITLE} AS title, headings, text FROM search_chunks WHERE id > ? AND id <= ? AND NOT EXISTS (
      SELECT 1 FROM search_vectors WHERE search_vectors.hash = search_chunks.hash AND generation = ?
    ) ORDER BY id LIMIT ?`,
  addVector:
    'INSERT INTO search_vectors (hash, generation, bits, exact) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  vectors: `SELECT id, generation, bits, exact FROM search_chunks JOIN search_vectors USING (hash)
    WHERE id BETWEEN ? AND ?`,
  removeVectors: `DELETE FROM search_vectors WHERE hash = ?1
    AND NOT EXISTS (SELECT 1 FROM search_chunks WHERE hash = ?1)`,
  lastOf: 'SELECT max(id) AS last FROM (SELECT id FROM search_chunks WHERE id > ? ORDER BY id LIMIT ?)',
  vectorsAfter: 'SELECT hash FROM search_vectors WHERE hash > ? ORDER BY hash LIMIT ?',
  keepGenerations: `DELETE FROM search_vectors
    WHERE hash > ? AND hash <= ? AND generation NOT IN (SELECT value FROM json_each(?))`,
  count: `SELECT (SELECT count(*) FROM search_chunks) AS chunks, (
      SELECT count(*) FROM search_chunks WHERE hash IN (SELECT hash FROM search_vectors WHERE generation = ?)
    ) AS vectors`,
};

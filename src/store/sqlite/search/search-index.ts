import { rmSync } from 'node:fs';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { matches } from '../../filter.ts';
import {
  type Attributes,
  type Candidate,
  type Chunk,
  type FoundChunk,
  type IndexedFile,
  type IndexQuery,
  MAX_CHUNKS,
  type Scope,
  type SearchIndex,
  type WalkedChunk,
} from '../../search-index.ts';
import type { SqliteAccess } from '../access.ts';
import { explain } from '../database.ts';
import { Connection } from './connection.ts';
import { SearchTables } from './tables.ts';

/** What is told to be no database, or a damaged one: https://www.sqlite.org/rescode.html */
const DAMAGED: ReadonlySet<number> = new Set([11, 26]);

/** So many chunks are written or deleted at once: a few ms. */
const AT_ONCE = 50;

/** So many are looked through at once, of which few are read: a few ms. */
const LOOKED_AT_ONCE = 500;

/** How long the first search waits for a side file that was lost, in ms: some thousand passages are put in that time. */
const PATIENCE_MS = 3_000;

/** The side file of a database. */
export function sideFileOf(file: string): string {
  return file.replace(/(\.sqlite)?$/, '-search$1');
}

/**
 * A search index whose files, chunks and vectors are in the store's database, written by the store's one connection, and
 * whose words are in a file beside it, which threads of its own write and search: SQLite lets one connection write a file,
 * and the store's file is locked for one connection alone. What is in the side file is made anew where it is missing,
 * damaged, or not of this database; it gives no answer that the database does not know of.
 */
export class SqliteSearchIndex implements SearchIndex {
  readonly #access: SqliteAccess;
  readonly #tables: SearchTables;
  readonly #file: string;
  #writer: Connection;
  #reader: Connection;
  /** Whether the side file is being brought in line, or was. */
  #aligned: Promise<void> | undefined;
  #isAligned = false;
  #isClosed = false;

  constructor(access: SqliteAccess) {
    this.#access = access;
    this.#tables = new SearchTables(access);
    const file = access.database.location();
    this.#file = file === null ? ':memory:' : sideFileOf(file);
    [this.#writer, this.#reader] = connections(this.#file);
  }

  async put({ store, file, title, attributes, chunks }: IndexedFile): Promise<void> {
    if (chunks.length > MAX_CHUNKS)
      throw new RangeError(`A file can have ${MAX_CHUNKS} chunks, and ${file} has ${chunks.length}.`);
    await this.#alignedOnce();
    const id = this.#tables.begin(title, attributes);
    try {
      for (let from = 0; from < chunks.length; from += AT_ONCE) {
        this.#tables.addChunks(id, title, chunks.slice(from, from + AT_ONCE), from);
        await turn();
      }
      await this.#addToSide(id);
    } catch (error) {
      await this.#sweep([id]).catch(() => {});
      throw error;
    }
    await this.#sweep(this.#tables.settle(id, store, file));
    await this.#access.written();
  }

  async setAttributes(store: string, file: string, attributes: Attributes): Promise<boolean> {
    const isThere = this.#tables.setAttributes(store, file, attributes);
    await this.#access.written();
    return isThere;
  }

  async remove(store: string, file?: string): Promise<void> {
    await this.#sweep(this.#tables.hide(store, file));
    await this.#access.written();
  }

  async chunks(store: string, file: string): Promise<Chunk[]> {
    return this.#tables.chunks(store, file);
  }

  async candidates({ terms, phrases, vector, limit, ...scope }: IndexQuery): Promise<Candidate[]> {
    const files = this.#filesIn(scope);
    if (files.length === 0) return [];
    await this.#alignedSoon();
    const query = { files: Float64Array.from(files), terms, phrases, limit, ...(vector && { vector }) };
    return this.#side(() => this.#reader.call('search', query));
  }

  async read(ids: readonly number[]): Promise<FoundChunk[]> {
    return this.#tables.read(ids);
  }

  async walk(after: number, limit: number): Promise<WalkedChunk[]> {
    return this.#tables.walk(after, limit);
  }

  async withoutVector(generation: string, after: number, limit: number): Promise<WalkedChunk[]> {
    const found: WalkedChunk[] = [];
    for (let from = after; found.length < limit; ) {
      const next = this.#tables.withoutVector(generation, from, LOOKED_AT_ONCE, limit - found.length);
      if (!next) break;
      found.push(...next.chunks);
      from = next.last;
      await turn();
    }
    return found;
  }

  async addVectors(
    generation: string,
    vectors: readonly (readonly [id: number, vector: Float32Array])[],
  ): Promise<void> {
    const entries = this.#tables.addVectors(generation, vectors);
    await this.#alignedOnce();
    await this.#side(() => this.#writer.call('addVectors', entries));
    await this.#access.written();
  }

  async keepGenerations(generations: readonly string[]): Promise<void> {
    let last: Uint8Array | undefined = new Uint8Array(0);
    while (last) {
      last = this.#tables.keepGenerations(generations, last, LOOKED_AT_ONCE);
      await turn();
    }
    await this.#side(() => this.#writer.call('keepGenerations', generations));
    await this.#access.written();
  }

  async count(generation?: string): Promise<{ chunks: number; vectors: number }> {
    return this.#tables.count(generation);
  }

  /** Leaves no byte of what was removed in the side file. */
  async scrub(extent: 'whole' | undefined): Promise<void> {
    if (this.#isUsed()) await this.#side(() => this.#writer.call('scrub', extent));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#aligned?.catch(() => {});
    await this.#reader.close();
    await this.#writer.close();
  }

  #isUsed(): boolean {
    return this.#aligned !== undefined || this.#tables.marks().length > 0;
  }

  #filesIn({ stores, filter }: Scope): number[] {
    return [...new Set(stores)].flatMap((store) => {
      const files = [...this.#tables.filesOf(store)];
      const meant = filter ? files.filter(([, attributes]) => matches(filter, attributes)) : files;
      return meant.map(([id]) => id);
    });
  }

  /** Whoever asks first after the side file was lost waits until it is made anew, but not for a large one. */
  async #alignedSoon(): Promise<void> {
    if (this.#isAligned) return;
    const patience = new AbortController();
    const { signal } = patience;
    const aligned = this.#alignedOnce().catch(() => {});
    await Promise.race([aligned, sleep(PATIENCE_MS, undefined, { signal }).catch(() => {})]);
    patience.abort();
  }

  #alignedOnce(): Promise<void> {
    this.#aligned ??= this.#align().then(
      () => {
        this.#isAligned = true;
      },
      (error: unknown) => {
        this.#aligned = undefined;
        throw error;
      },
    );
    return this.#aligned;
  }

  /** Brings the side file in line with the database. */
  async #align(): Promise<void> {
    const there = await this.#side(() => this.#writer.call('files'));
    const stamps = new Map(there.map(({ id, stamp }) => [id, stamp]));
    const marks = this.#tables.marks();
    const wanted = new Map(marks.map(({ id, stamp }) => [id, stamp]));
    const gone = there.filter(({ id, stamp }) => wanted.get(id) !== stamp).map(({ id }) => id);
    if (gone.length > 0) await this.#side(() => this.#writer.call('remove', gone));
    await this.#sweep(this.#tables.hidden());
    for (const { id, stamp } of marks) {
      if (stamps.get(id) === stamp || this.#isClosed) continue;
      // A part of it may be there.
      await this.#side(() => this.#writer.call('remove', [id]));
      await this.#addToSide(id);
    }
  }

  async #addToSide(id: number): Promise<void> {
    for (let after = id * MAX_CHUNKS - 1; ; ) {
      const next = this.#tables.entriesAfter(id, after, AT_ONCE);
      if (!next) break;
      await this.#side(() => this.#writer.call('add', next));
      after = next.entries.at(-1)?.id ?? after;
    }
    await this.#side(() => this.#writer.call('finish', this.#tables.mark(id)));
  }

  /** Deletes files that nobody finds any more, little by little. */
  async #sweep(gone: readonly number[]): Promise<void> {
    if (gone.length === 0) return;
    for (const id of gone) while (!this.#tables.sweep(id, AT_ONCE)) await turn();
    await this.#side(() => this.#writer.call('remove', gone));
    await this.#side(() => this.#reader.call('forget', gone));
  }

  /** Makes the side file anew once where it is damaged. */
  async #side<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!DAMAGED.has(((error as { errcode?: number }).errcode ?? 0) & 0xff))
        throw explain(error, this.#file);
    }
    await this.#reset();
    try {
      return await work();
    } catch (error) {
      throw explain(error, this.#file);
    }
  }

  async #reset(): Promise<void> {
    await this.#reader.close();
    await this.#writer.close();
    if (this.#file !== ':memory:')
      for (const end of ['', '-wal', '-shm']) rmSync(this.#file + end, { force: true });
    [this.#writer, this.#reader] = connections(this.#file);
    this.#aligned = undefined;
    this.#isAligned = false;
  }
}

/** What is in memory has one connection. */
function connections(file: string): [writer: Connection, reader: Connection] {
  const writer = new Connection(file);
  return [writer, file === ':memory:' ? writer : new Connection(file)];
}

import {
  type Attributes,
  type Candidate,
  type Chunk,
  type FoundChunk,
  type IndexedFile,
  type IndexQuery,
  MAX_CHUNKS,
  type SearchIndex,
  type WalkedChunk,
} from '../../search-index.ts';
import type { Connections } from '../connections/connections.ts';
import { chunkIn, putFile, removeFiles } from './files.ts';
import { FullText } from './full-text.ts';
import { NearIndex } from './near-index.ts';
import { scopeInside } from './scope.ts';
import { upgradeChunks } from './upgrade.ts';
import { Vectors } from './vectors.ts';
import { Analyzer } from './words.ts';

const FILE_OF_CHUNK = `bobbin_search_chunks AS chunk JOIN bobbin_search_files AS file ON file.id = chunk.file`;

const READ = `SELECT chunk.id, store, file.file, attributes, content FROM ${FILE_OF_CHUNK} WHERE chunk.id = ANY($1)`;

const WALK = `SELECT chunk.id, title, content FROM ${FILE_OF_CHUNK} WHERE chunk.id > $1 ORDER BY chunk.id LIMIT $2`;

const WITHOUT_VECTOR = `SELECT chunk.id, title, content FROM ${FILE_OF_CHUNK} WHERE chunk.id > $1 AND NOT EXISTS (
    SELECT 1 FROM bobbin_search_vectors AS vector WHERE vector.chunk = chunk.id AND generation = $3
  ) ORDER BY chunk.id LIMIT $2`;

const COUNT = `SELECT (SELECT count(*) FROM bobbin_search_chunks) AS chunks,
  (SELECT count(*) FROM bobbin_search_vectors WHERE generation = $1) AS vectors`;

/** What has no vector is like nothing. */
const NONE: ReadonlyMap<number, number> = new Map();

/** A search index that is in the database alone: each process finds what any of them has put. */
export class PostgresSearchIndex implements SearchIndex {
  readonly #connections: Connections;
  readonly #analyzer = new Analyzer();
  readonly #text: FullText;
  readonly #vectors: Vectors;
  readonly #near: NearIndex;

  constructor(connections: Connections) {
    this.#connections = connections;
    this.#text = new FullText(connections.query, this.#analyzer);
    this.#near = new NearIndex(connections);
    this.#vectors = new Vectors(connections.query, this.#near);
  }

  async put(file: IndexedFile): Promise<void> {
    if (file.chunks.length > MAX_CHUNKS)
      throw new RangeError(
        `A file can have ${MAX_CHUNKS} chunks, and ${file.file} has ${file.chunks.length}.`,
      );
    await putFile(this.#connections, this.#analyzer, file);
  }

  async setAttributes(store: string, file: string, attributes: Attributes): Promise<boolean> {
    const rows = await this.#connections.query(
      'UPDATE bobbin_search_files SET attributes = $3 WHERE store = $1 AND file = $2 RETURNING id',
      [store, file, JSON.stringify(attributes)],
    );
    return rows.length > 0;
  }

  async remove(store: string, file?: string): Promise<void> {
    await removeFiles(this.#connections, store, file);
  }

  async chunks(store: string, file: string): Promise<Chunk[]> {
    const rows = await this.#connections.query(
      `SELECT content FROM ${FILE_OF_CHUNK} WHERE store = $1 AND file.file = $2 ORDER BY chunk.id`,
      [store, file],
    );
    return rows.map(({ content }) => chunkIn(content));
  }

  async candidates({ terms, phrases, vector, limit, ...asked }: IndexQuery): Promise<Candidate[]> {
    const [scope, question] = await Promise.all([
      scopeInside(this.#connections.query, asked),
      this.#text.question(terms, phrases),
    ]);
    if (!scope) return [];
    const [chosen, near] = await Promise.all([
      this.#text.choose(scope, question, limit),
      vector ? this.#vectors.nearest(scope, vector.generation, vector.values, limit) : NONE,
    ]);
    const others = chosen.filter((id) => !near.has(id));
    const [scores, cosines] = await Promise.all([
      this.#text.rank(question, [...others, ...near.keys()]),
      vector ? this.#vectors.cosines(vector.generation, vector.values, others) : NONE,
    ]);
    const best = [...scores].sort(([, one], [, other]) => other - one).slice(0, limit);
    return [...new Set([...best.map(([id]) => id), ...near.keys()])].map((id) => {
      const semantic = near.get(id) ?? cosines.get(id);
      return { id, lexical: scores.get(id) ?? 0, ...(semantic !== undefined && { semantic }) };
    });
  }

  async read(ids: readonly number[]): Promise<FoundChunk[]> {
    const rows = await this.#connections.query(READ, [ids]);
    const found = new Map(rows.map((row) => [Number(row.id), row]));
    return ids.flatMap((id) => {
      const row = found.get(id);
      if (!row) return [];
      const attributes = JSON.parse(String(row.attributes));
      return [{ id, store: String(row.store), file: String(row.file), attributes, ...chunkIn(row.content) }];
    });
  }

  async walk(after: number, limit: number): Promise<WalkedChunk[]> {
    return (await this.#connections.query(WALK, [after, limit])).map(walkedIn);
  }

  async withoutVector(generation: string, after: number, limit: number): Promise<WalkedChunk[]> {
    return (await this.#connections.query(WITHOUT_VECTOR, [after, limit, generation])).map(walkedIn);
  }

  async addVectors(
    generation: string,
    vectors: readonly (readonly [id: number, vector: Float32Array])[],
  ): Promise<void> {
    await this.#vectors.add(generation, vectors);
  }

  async keepGenerations(generations: readonly string[]): Promise<void> {
    await this.#connections.query('DELETE FROM bobbin_search_vectors WHERE generation <> ALL($1)', [
      generations,
    ]);
  }

  async count(generation?: string): Promise<{ chunks: number; vectors: number }> {
    const [row] = await this.#connections.query(COUNT, [generation ?? null]);
    return { chunks: Number(row?.chunks), vectors: Number(row?.vectors) };
  }

  /** Brings up to date what an earlier Bobbin has put, and the index of what means alike. Rejects when the database fails. */
  async upgrade(): Promise<void> {
    await upgradeChunks(this.#connections, this.#analyzer);
    await this.#near.tend();
  }

  close(): void {
    this.#analyzer.close();
  }
}

function walkedIn({ id, title, content }: Record<string, unknown>): WalkedChunk {
  const { headings, text } = chunkIn(content);
  return { id: Number(id), headings: [JSON.parse(String(title)), ...headings], text };
}

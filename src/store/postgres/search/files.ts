import { createHash } from 'node:crypto';
import { headingsIn } from '../../fields.ts';
import { type Chunk, type IndexedChunk, type IndexedFile, MAX_CHUNKS } from '../../search-index.ts';
import type { Connections, Query } from '../connections/connections.ts';
import type { Analyzer } from './words.ts';

/** So many chunks are taken apart and written at once: a few ms. */
const AT_ONCE = 10;

/** For one process at a time: of those that put a file the last one wins. */
const ALONE = `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`;

/** Held by whoever is about to commit a file of a vector store. */
const COMMITTING = `SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0))`;

/** In the order in which vectors are added. */
const REMOVE = `DELETE FROM bobbin_search_files WHERE id IN (
    SELECT id FROM bobbin_search_files WHERE store = $1 AND ($2::text IS NULL OR file = $2) ORDER BY id FOR UPDATE
  )`;

/** What is replaced makes room; until the end others see it where it was. */
const STEP_ASIDE = `UPDATE bobbin_search_files SET store = '', file = id::text WHERE store = $1 AND file = $2
  RETURNING id`;

const ADD_FILE = `INSERT INTO bobbin_search_files (store, file, title, attributes) VALUES ($1, $2, $3, $4) RETURNING id`;

const ADD_CHUNKS = `INSERT INTO bobbin_search_chunks (id, file, hash, length, heading, words, content)
  SELECT id, $1, hash, length, heading, words::tsvector, content
  FROM unnest($2::bigint[], $3::bytea[], $4::int[], $5::int[], $6::text[], $7::text[])
    AS chunk (id, hash, length, heading, words, content)`;

const COUNT_FILE = `UPDATE bobbin_search_files SET chunks = $2, words = $3 WHERE id = $1`;

/** Equal texts share what was made of them, also of the file that is replaced. */
const TAKE_VECTORS = `INSERT INTO bobbin_search_vectors (chunk, generation, bits, exact)
  SELECT DISTINCT ON (chunk.id, generation) chunk.id, generation, bits, exact
  FROM bobbin_search_chunks AS chunk
  JOIN bobbin_search_chunks AS alike ON alike.hash = chunk.hash AND alike.file <> chunk.file
  JOIN bobbin_search_vectors AS vector ON vector.chunk = alike.id
  WHERE chunk.file = $1 ON CONFLICT DO NOTHING`;

/** Puts a file in the place of what was there of it: all at once for everybody else. */
export async function putFile(
  connections: Connections,
  analyzer: Analyzer,
  file: IndexedFile,
): Promise<void> {
  await connections.transaction(async (query) => {
    await query(ALONE, [JSON.stringify([file.store, file.file])]);
    const former = await query(STEP_ASIDE, [file.store, file.file]);
    const title = JSON.stringify(file.title);
    const [added] = await query(ADD_FILE, [file.store, file.file, title, JSON.stringify(file.attributes)]);
    const id = Number(added?.id);
    let words = 0;
    for (let from = 0; from < file.chunks.length; from += AT_ONCE)
      words += await addChunks(
        query,
        analyzer,
        id,
        file.title,
        file.chunks.slice(from, from + AT_ONCE),
        from,
      );
    await query(COUNT_FILE, [id, file.chunks.length, words]);
    await query(TAKE_VECTORS, [id]);
    if (former[0]) await query('DELETE FROM bobbin_search_files WHERE id = $1', [former[0].id]);
    await query(COMMITTING, [JSON.stringify([file.store])]);
  });
}

/**
 * Removes a file, or all of a vector store, with what is about to be committed of it: the database commits what a process has
 * asked for also when that has died since, and then nobody else would know of it.
 */
export async function removeFiles({ query }: Connections, store: string, file?: string): Promise<void> {
  const remove = () => query(REMOVE, [store, file ?? null]);
  await remove();
  await query(ALONE, [JSON.stringify([store])]);
  await remove();
}

/** How many words they have. */
async function addChunks(
  query: Query,
  analyzer: Analyzer,
  file: number,
  title: string,
  chunks: readonly IndexedChunk[],
  from: number,
): Promise<number> {
  const words = analyzer.words(
    chunks.map(({ headings, text, parts }) => ({ ...headingsIn(title, headings), text, parts })),
  );
  await query(ADD_CHUNKS, [
    file,
    chunks.map((_, at) => file * MAX_CHUNKS + from + at),
    chunks.map(({ headings, text }) => hashOf(title, headings, text)),
    words.map(({ length }) => length),
    words.map(({ heading }) => heading),
    words.map(({ vector }) => vector),
    chunks.map(({ headings, text, place }) => JSON.stringify({ headings, text, place: place ?? null })),
  ]);
  return words.reduce((sum, { length }) => sum + length, 0);
}

/** A chunk as it was put. */
export function chunkIn(content: unknown): Chunk {
  return JSON.parse(String(content));
}

/** What a vector is made of. */
function hashOf(...parts: unknown[]): Uint8Array {
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}

import { cosineOf, type KeptVector, keepVector, RESCORED } from '../../kept-vector.ts';
import { MAX_CHUNKS } from '../../search-index.ts';
import type { Query } from '../connections/connections.ts';
import type { NearIndex } from './near-index.ts';
import { isInside, type ScopeInside } from './scope.ts';

/** Those whose single bits differ least. What is of another dimension is not compared. */
const NEAREST = `SELECT chunk FROM bobbin_search_vectors
  WHERE generation = $3 AND length(bits) = length($4::text) AND ${isInside(`chunk / ${MAX_CHUNKS}`)}
  ORDER BY CASE WHEN length(bits) = length($4::text) THEN bit_count(bits # $4::text::varbit) END LIMIT $5`;

const EXACT = 'SELECT chunk, exact FROM bobbin_search_vectors WHERE generation = $1 AND chunk = ANY($2)';

/**
 * Of chunks that are still there, with those of equal texts, whose files nobody removes meanwhile. All take files and chunks
 * in one order, so that none waits for another that waits for it.
 */
const ADD = `WITH alike AS (
    SELECT alike.id, alike.file, given.bits, given.exact
    FROM unnest($2::bigint[], $3::text[], $4::bytea[]) AS given (chunk, bits, exact)
    JOIN bobbin_search_chunks AS chunk ON chunk.id = given.chunk
    JOIN bobbin_search_chunks AS alike ON alike.hash = chunk.hash
  ), held AS MATERIALIZED (
    SELECT id FROM bobbin_search_files WHERE id IN (SELECT file FROM alike) ORDER BY id FOR KEY SHARE
  )
  INSERT INTO bobbin_search_vectors (chunk, generation, bits, exact)
  SELECT alike.id, $1, bits::varbit, exact FROM alike JOIN held ON held.id = file ORDER BY alike.id
  ON CONFLICT DO NOTHING`;

/** Vectors as single bits, which the database looks through or has an index of, and exact ones, which are compared here. */
export class Vectors {
  readonly #query: Query;
  readonly #index: NearIndex;

  constructor(query: Query, index: NearIndex) {
    this.#query = query;
    this.#index = index;
  }

  /** The most alike, with their cosines. */
  async nearest(
    scope: ScopeInside,
    generation: string,
    vector: Float32Array,
    limit: number,
  ): Promise<Map<number, number>> {
    const bits = textOf(keepVector(vector).bits);
    const wanted = limit * RESCORED;
    const near =
      (await this.#index.nearest(scope, generation, bits, wanted)) ??
      (await this.#lookThrough(scope, generation, bits, wanted));
    const cosines = await this.cosines(generation, vector, near);
    return new Map([...cosines].sort(([, one], [, other]) => other - one).slice(0, limit));
  }

  async #lookThrough(
    { stores, files }: ScopeInside,
    generation: string,
    bits: string,
    wanted: number,
  ): Promise<number[]> {
    const rows = await this.#query(NEAREST, [stores, files ?? null, generation, bits, wanted]);
    return rows.map(({ chunk }) => Number(chunk));
  }

  /** Of those that have a vector. */
  async cosines(
    generation: string,
    vector: Float32Array,
    ids: readonly number[],
  ): Promise<Map<number, number>> {
    const rows = await this.#query(EXACT, [generation, ids]);
    const all = rows.map(({ chunk, exact }): [number, number | undefined] => [
      Number(chunk),
      cosineOf(vector, exact as Uint8Array),
    ]);
    return new Map(all.filter((one): one is [number, number] => one[1] !== undefined));
  }

  async add(
    generation: string,
    vectors: readonly (readonly [id: number, vector: Float32Array])[],
  ): Promise<void> {
    const kept = vectors.map(([id, vector]): [number, KeptVector] => [id, keepVector(vector)]);
    await this.#query(ADD, [
      generation,
      kept.map(([id]) => id),
      kept.map(([, { bits }]) => textOf(bits)),
      kept.map(([, { exact }]) => Buffer.from(exact)),
    ]);
  }
}

/** As PostgreSQL writes a string of bits: https://www.postgresql.org/docs/current/datatype-bit.html */
function textOf(bits: Uint8Array): string {
  return Array.from(bits, (byte) => byte.toString(2).padStart(8, '0')).join('');
}

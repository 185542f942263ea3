import { createHash } from 'node:crypto';
import { MAX_CHUNKS } from '../../search-index.ts';
import type { Connections } from '../connections/connections.ts';
import { isInside, type ScopeInside } from './scope.ts';

/** Fewer vectors are looked through in about 20 ms, in which an index finds no sooner what is to be looked at exactly. */
const LEAST_VECTORS = 50_000;

/** What pgvector keeps in mind at most while it searches: https://github.com/pgvector/pgvector#query-options */
const MOST_WANTED = 1_000;

/** How often it is looked whether there is an index, in ms. */
const LOOK_MS = 60_000;

const NAME = 'bobbin_search_near_';

/** Where pgvector is that knows bits, from 0.7 on. */
const USABLE = `SELECT to_regoperator('<~>(bit,bit)') IS NOT NULL
  AND EXISTS (SELECT FROM pg_opclass WHERE opcname = 'bit_hamming_ops') AS usable`;

const MANY = `SELECT generation, length(bits) AS width FROM bobbin_search_vectors
  GROUP BY generation, length(bits) HAVING count(*) >= $1`;

/** One that is being made is not valid yet, nor is one whose making has failed. */
const MADE = `SELECT relname AS name, reltuples AS vectors, indisvalid AS valid,
    EXISTS (SELECT FROM pg_stat_progress_create_index WHERE index_relid = indexrelid) AS begun
  FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
  WHERE indrelid = 'bobbin_search_vectors'::regclass AND relname LIKE '${NAME.replaceAll('_', '\\_')}%'`;

/**
 * Finds vectors by an index of pgvector's over their single bits, where a database has that and so many vectors that it is
 * sooner than to look through all: https://github.com/pgvector/pgvector#binary-quantization
 */
export class NearIndex {
  readonly #connections: Pick<Connections, 'query' | 'transaction'>;
  readonly #least: number;
  /** How many vectors each index has, by its name. */
  #made = new Map<string, number>();
  #lookedAt = -Infinity;

  constructor(connections: Pick<Connections, 'query' | 'transaction'>, least = LEAST_VECTORS) {
    this.#connections = connections;
    this.#least = least;
  }

  /**
   * Makes an index for each generation of many vectors, beside whoever writes or searches, and drops those of others. Rejects
   * when the database fails, or where another process is about the same.
   */
  async tend(): Promise<void> {
    const { query } = this.#connections;
    const [row] = await query(USABLE);
    if (!row?.usable) return;
    const wanted = new Map(
      (await query(MANY, [this.#least])).map(({ generation, width }): [string, string] => [
        nameOf(String(generation), Number(width)),
        definition(String(generation), Number(width)),
      ]),
    );
    const there = new Map((await query(MADE)).map((one) => [String(one.name), one]));
    for (const [name, { valid, begun }] of there)
      if (!wanted.has(name) || !(valid || begun)) await query(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
    for (const [name, what] of wanted) {
      // Another process is at it.
      if (there.get(name)?.begun) continue;
      await query(`CREATE INDEX CONCURRENTLY IF NOT EXISTS ${name} ON bobbin_search_vectors ${what}`);
      // Of what people wrote the database shall learn nothing, as of the table's own columns.
      await query(`ALTER INDEX ${name} ALTER COLUMN 1 SET STATISTICS 0`);
    }
    this.#lookedAt = -Infinity;
  }

  /** About so many, the most alike first; undefined where there is no index, or where it would find too few in the files. */
  async nearest(
    { stores, files, chunks }: ScopeInside,
    generation: string,
    bits: string,
    wanted: number,
  ): Promise<number[] | undefined> {
    const name = nameOf(generation, bits.length);
    try {
      const vectors = (await this.#look()).get(name);
      if (vectors === undefined) return undefined;
      const looked = Math.ceil(wanted * Math.max(1, vectors / chunks));
      if (looked > MOST_WANTED) return undefined;
      const rows = await this.#connections.transaction(async (query) => {
        await query(`SET LOCAL hnsw.ef_search = ${looked}`);
        await query('SET LOCAL enable_seqscan = off');
        return query(nearestBy(generation, bits.length), [stores, files ?? null, bits, looked]);
      });
      return rows.length < Math.min(wanted, chunks) / 2 ? undefined : rows.map(({ chunk }) => Number(chunk));
    } catch {
      // The extension was taken away, say: without it all is found as well.
      this.#made.clear();
      return undefined;
    }
  }

  async #look(): Promise<ReadonlyMap<string, number>> {
    if (performance.now() - this.#lookedAt < LOOK_MS) return this.#made;
    this.#lookedAt = performance.now();
    const there = await this.#connections.query(MADE);
    const valid = there.filter((one) => one.valid);
    this.#made = new Map(valid.map(({ name, vectors }) => [String(name), Number(vectors)]));
    return this.#made;
  }
}

function nameOf(generation: string, width: number): string {
  return NAME + createHash('sha256').update(`${width} ${generation}`).digest('hex').slice(0, 16);
}

/** Of the vectors that can be compared: a generation's, all of one width. */
function those(generation: string, width: number): string {
  return `generation = '${generation.replaceAll("'", "''")}' AND length(bits) = ${width}`;
}

function definition(generation: string, width: number): string {
  return `USING hnsw ((bits::bit(${width})) bit_hamming_ops) WHERE ${those(generation, width)}`;
}

function nearestBy(generation: string, width: number): string {
  return `SELECT chunk FROM (
      SELECT chunk, (bits::bit(${width})) <~> $3::text::bit(${width}) AS distance FROM bobbin_search_vectors
      WHERE ${those(generation, width)} ORDER BY (bits::bit(${width})) <~> $3::text::bit(${width}) LIMIT $4
    ) AS near
    WHERE ${isInside(`chunk / ${MAX_CHUNKS}`)} ORDER BY distance`;
}

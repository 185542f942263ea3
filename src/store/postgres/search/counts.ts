import type { Query } from '../connections/connections.ts';
import type { WordsQuery } from './queries.ts';

/** What so many chunks have takes long to count, and its share of all chunks changes little. */
const COMMON = 500;

/** Between the ways to find a thing: no word has a space in it. */
const WAYS = ' | ';

/** Of so many chunks with all words of a phrase it is looked in each whether they stand side by side: some 20 µs. */
const MOST_READ = 100;

/** For so long, in ms, it is not counted again: should there be twice as many by then, it weighs a little less than it did. */
const KEPT_MS = 600_000;

/** The most words whose counts are kept; a language has fewer that are common. */
const MOST_KEPT = 10_000;

/** By the index for each way to find them, and only then exactly. */
const COUNT = `SELECT totals.*, ARRAY(
    SELECT CASE WHEN exactly IS NULL OR many NOT BETWEEN 1 AND ${MOST_READ} THEN many ELSE (
      SELECT count(DISTINCT id) FROM unnest(queries) AS query,
        LATERAL (SELECT id FROM bobbin_search_chunks WHERE words @@ query::tsquery AND words @@ exactly::tsquery) AS found
    ) END
    FROM (
      SELECT n, exactly, string_to_array(asked, '${WAYS}') AS queries
      FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (asked, exactly, n)
    ) AS asked, LATERAL (
      SELECT CASE WHEN cardinality(queries) = 1
        THEN (SELECT count(*) FROM bobbin_search_chunks WHERE words @@ queries[1]::tsquery)
        ELSE (
          SELECT count(DISTINCT id) FROM unnest(queries) AS query,
            LATERAL (SELECT id FROM bobbin_search_chunks WHERE words @@ query::tsquery OFFSET 0) AS found
        ) END AS many
      -- Else it would be counted anew wherever it is spoken of.
      OFFSET 0
    ) AS counted
    ORDER BY n
  )::int[] AS having
  FROM (
    SELECT coalesce(sum(chunks), 0) AS chunks, coalesce(sum(words), 0) AS words FROM bobbin_search_files
  ) AS totals`;

export interface Totals {
  /** All that there are. */
  chunks: number;
  /** How many words a chunk has on average. */
  length: number;
  /** How many chunks have what is asked for, in the order of the queries. */
  having: number[];
}

/** How many chunks have what is asked for: of what is rare as it is now, of what is common as it was a moment ago. */
export class Counts {
  readonly #query: Query;
  readonly #common = new Map<string, { having: number; at: number }>();

  constructor(query: Query) {
    this.#query = query;
  }

  async of(asked: readonly WordsQuery[]): Promise<Totals> {
    const now = performance.now();
    const named = asked.map(({ queries, exactly }) => ({ name: queries.join(WAYS), exactly }));
    const counts = new Map<string, number>();
    for (const { name } of named) {
      const kept = this.#common.get(name);
      if (kept && now - kept.at < KEPT_MS) counts.set(name, kept.having);
    }
    const missing = named.filter(({ name }) => !counts.has(name));
    const unknown = [...new Map(missing.map((one) => [one.name, one])).values()];
    const [row] = await this.#query(COUNT, [
      unknown.map(({ name }) => name),
      unknown.map(({ exactly }) => exactly ?? null),
    ]);
    const { having } = row as { having: number[] };
    unknown.forEach(({ name }, at) => {
      const count = having[at] as number;
      counts.set(name, count);
      if (count >= COMMON) this.#keep(name, count, now);
    });
    const chunks = Number(row?.chunks);
    return {
      chunks,
      length: Number(row?.words) / Math.max(1, chunks),
      having: named.map(({ name }) => Math.min(chunks, counts.get(name) ?? 0)),
    };
  }

  #keep(name: string, having: number, at: number): void {
    this.#common.delete(name);
    this.#common.set(name, { having, at });
    const [oldest] = this.#common.keys();
    if (this.#common.size > MOST_KEPT && oldest !== undefined) this.#common.delete(oldest);
  }
}

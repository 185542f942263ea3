import type { Query } from '../connections/connections.ts';
import type { WordsQuery } from './queries.ts';

/** What so many chunks have takes long to count, and its share of all chunks changes little. */
const COMMON = 500;

/** Of so many chunks with all words of a phrase it is looked in each whether they stand side by side: some 20 µs. */
const MOST_READ = 100;

/** For so long, in ms, it is not counted again. */
const KEPT_MS = 60_000;

/** The most words whose counts are kept; a language has fewer that are common. */
const MOST_KEPT = 10_000;

const COUNT = `SELECT totals.*, ARRAY(
    SELECT CASE WHEN exactly IS NULL OR many NOT BETWEEN 1 AND ${MOST_READ} THEN many
      ELSE (SELECT count(*) FROM bobbin_search_chunks WHERE words @@ exactly::tsquery) END
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (query, exactly, n),
      LATERAL (SELECT count(*) AS many FROM bobbin_search_chunks WHERE words @@ query::tsquery) AS counted
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
    const counts = new Map<string, number>();
    for (const { query } of asked) {
      const kept = this.#common.get(query);
      if (kept && now - kept.at < KEPT_MS) counts.set(query, kept.having);
    }
    const missing = asked.filter(({ query }) => !counts.has(query));
    const unknown = [...new Map(missing.map((one) => [one.query, one])).values()];
    const [row] = await this.#query(COUNT, [
      unknown.map(({ query }) => query),
      unknown.map(({ exactly }) => exactly ?? null),
    ]);
    const { having } = row as { having: number[] };
    unknown.forEach(({ query }, at) => {
      const count = having[at] as number;
      counts.set(query, count);
      if (count >= COMMON) this.#keep(query, count, now);
    });
    const chunks = Number(row?.chunks);
    return {
      chunks,
      length: Number(row?.words) / Math.max(1, chunks),
      having: asked.map(({ query }) => Math.min(chunks, counts.get(query) ?? 0)),
    };
  }

  #keep(query: string, having: number, at: number): void {
    this.#common.delete(query);
    this.#common.set(query, { having, at });
    const [oldest] = this.#common.keys();
    if (this.#common.size > MOST_KEPT && oldest !== undefined) this.#common.delete(oldest);
  }
}

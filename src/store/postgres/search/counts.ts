import type { Query } from '../connections/connections.ts';

/** What so many chunks have takes long to count, and its share of all chunks changes little. */
const COMMON = 500;

/** For so long, in ms, it is not counted again. */
const KEPT_MS = 60_000;

/** The most words whose counts are kept; a language has fewer that are common. */
const MOST_KEPT = 10_000;

const COUNT = `SELECT (SELECT coalesce(sum(chunks), 0) FROM bobbin_search_files) AS all,
  ARRAY(SELECT (SELECT count(*) FROM bobbin_search_chunks WHERE words @@ query::tsquery)
    FROM unnest($1::text[]) WITH ORDINALITY AS asked (query, n) ORDER BY n)::int[] AS having`;

/** How many chunks have what is asked for: of what is rare as it is now, of what is common as it was a moment ago. */
export class Counts {
  readonly #query: Query;
  readonly #common = new Map<string, { having: number; at: number }>();

  constructor(query: Query) {
    this.#query = query;
  }

  /** In the order of the queries, and of all chunks that there are. */
  async of(queries: readonly string[]): Promise<{ all: number; having: number[] }> {
    const now = performance.now();
    const isKept = (query: string) => now - (this.#common.get(query)?.at ?? -Infinity) < KEPT_MS;
    const kept = new Map(
      queries.filter(isKept).map((query) => [query, this.#common.get(query)?.having ?? 0]),
    );
    const unknown = [...new Set(queries)].filter((query) => !kept.has(query));
    const [row] = await this.#query(COUNT, [unknown]);
    const { all, having } = row as { all: string; having: number[] };
    unknown.forEach((query, at) => {
      const count = having[at] as number;
      kept.set(query, count);
      if (count >= COMMON) this.#keep(query, count, now);
    });
    return { all: Number(all), having: queries.map((query) => Math.min(Number(all), kept.get(query) ?? 0)) };
  }

  #keep(query: string, having: number, at: number): void {
    this.#common.delete(query);
    this.#common.set(query, { having, at });
    const [oldest] = this.#common.keys();
    if (this.#common.size > MOST_KEPT && oldest !== undefined) this.#common.delete(oldest);
  }
}

import { inverseFrequency, PHRASES } from '../../relevance.ts';
import type { Query } from '../connections/connections.ts';
import { Counts } from './counts.ts';
import type { ScopeInside } from './scope.ts';
import { type Analyzer, above, having, together } from './words.ts';

/** The two constants of BM25, as SQLite's full text has them: https://www.sqlite.org/fts5.html#the_bm25_function */
const K1 = 1.2;
const B = 0.75;

/** So many hits of the rarest of what is asked for choose the chunks that are looked at closely; the others only rank. */
const MOST_HITS = 20_000;

/** So many chunks are looked at closely: each takes some 30 µs to read. */
const RANKED = 500;

/** A word, or several that must stand together, and what it counts. */
interface Phrase {
  words: readonly string[];
  share: number;
  /** How many chunks have its words. */
  chunks: number;
}

/**
 * How often a word stands in a chunk: PostgreSQL's rank of a single one is the sum of 1/k² for each of its places, by what
 * that sum is for endlessly many. https://www.postgresql.org/docs/current/textsearch-controls.html#TEXTSEARCH-RANKING
 */
const often = (rank: string) =>
  `CASE WHEN ${rank} > 0 THEN 0.608 / greatest(0.002, 1 - ${rank}) - 0.55 ELSE 0 END`;

const SEARCH = `WITH average AS (
    SELECT sum(words)::float8 / greatest(1, sum(chunks)) AS length FROM bobbin_search_files
  ), found AS MATERIALIZED (
    SELECT id, file, length, share FROM unnest($3::text[], $4::float8[]) AS asked (query, share),
      -- By the index: to compare all chunks takes long, which the planner does not know.
      LATERAL (SELECT id, file, length FROM bobbin_search_chunks WHERE words @@ query::tsquery OFFSET 0) AS chunk
  ), hits AS MATERIALIZED (
    SELECT id, sum(share) AS share FROM found
    WHERE file IN (SELECT id FROM bobbin_search_files WHERE store = ANY($1) AND ($2::bigint[] IS NULL OR id = ANY($2)))
    GROUP BY id, length ORDER BY share DESC, length, id LIMIT ${RANKED}
  ), close AS MATERIALIZED (
    SELECT id, ${K1} * (1 - ${B} + ${B} * chunk.length / average.length) AS norm,
      -- Read once, not for each word.
      words || '' AS words
    FROM hits JOIN bobbin_search_chunks AS chunk USING (id), average
  ), asked AS MATERIALIZED (
    SELECT query::tsquery, above::tsquery, single, share
    FROM unnest($5::text[], $6::text[], $7::bool[], $8::float8[]) AS asked (query, above, single, share)
  ), ranks AS MATERIALIZED (
    SELECT id, norm, share, CASE WHEN single THEN ts_rank('{1,1,1,1}', words, query) END AS rank,
      CASE WHEN single THEN ts_rank('{1,1,1,1}', words, above) ELSE (words @@ above)::int END AS rank_above
    FROM close JOIN asked ON words @@ query
  ), times AS (
    SELECT id, norm, share, CASE WHEN rank IS NULL THEN 1 + rank_above
      ELSE ${often('rank')} + ${often('rank_above')} END AS often FROM ranks
  )
  SELECT id, sum(share * often / (often + norm)) AS score FROM times GROUP BY id ORDER BY score DESC, id LIMIT $9`;

/**
 * Full text over PostgreSQL's `tsvector`, which is indexed by its words: those chunks that have most of the rarest words are
 * looked at closely, and ranked as SQLite's full text does it.
 */
export class FullText {
  readonly #query: Query;
  readonly #counts: Counts;
  readonly #analyzer: Analyzer;

  constructor(query: Query, analyzer: Analyzer) {
    this.#query = query;
    this.#counts = new Counts(query);
    this.#analyzer = analyzer;
  }

  /** The best chunks, by how much each has of what one could have of the terms; phrases raise those that have them. */
  async search(
    scope: ScopeInside,
    terms: readonly (readonly string[])[],
    phrases: readonly string[],
    limit: number,
  ): Promise<Map<number, number>> {
    const asked = await this.#asked(terms, phrases);
    if (asked.length === 0) return new Map();
    const choosing = rarest(asked);
    const rows = await this.#query(SEARCH, [
      scope.stores,
      scope.files ?? null,
      choosing.map(({ words }) => having(words)),
      choosing.map(({ share }) => share),
      asked.map(({ words }) => together(words)),
      asked.map(({ words }) => together(above(words))),
      asked.map(({ words }) => words.length === 1),
      asked.map(({ share }) => share),
      limit,
    ]);
    return new Map(rows.map(({ id, score }) => [Number(id), Math.min(1, Number(score))]));
  }

  /** What is asked for and there, with what each counts. */
  async #asked(terms: readonly (readonly string[])[], phrases: readonly string[]): Promise<Phrase[]> {
    const spelled = [...terms, ...phrases.map((one) => [one])];
    const all = this.#analyzer.phrases(spelled.flat());
    if (all.every((words) => words.length === 0)) return [];
    const counts = await this.#counts.of(all.map(having));
    let at = 0;
    const weighed = spelled.map((term) =>
      term
        .map((): Phrase => {
          const chunks = counts.having[at] as number;
          return { words: all[at++] as string[], chunks, share: inverseFrequency(counts.all, chunks) };
        })
        .filter(({ words }) => words.length > 0),
    );
    const [words, sideBySide] = [weighed.slice(0, terms.length), weighed.slice(terms.length)];
    return [...shared(words, 1), ...shared(sideBySide, PHRASES)].filter(({ chunks }) => chunks > 0);
  }
}

/** Divides what the terms count among them; a term counts what it does in its most frequent spelling. */
function shared(terms: readonly (readonly Phrase[])[], whole: number): Phrase[] {
  const most = terms.map((term) => Math.min(...term.map(({ share }) => share))).filter(Number.isFinite);
  const sum = most.reduce((total, one) => total + one, 0);
  return terms.flat().map((one) => ({ ...one, share: (whole * one.share) / sum }));
}

function rarest(asked: readonly Phrase[]): Phrase[] {
  const sorted = asked.toSorted((one, other) => one.chunks - other.chunks);
  let hits = 0;
  const chosen = sorted.filter(({ chunks }) => {
    hits += chunks;
    return hits <= MOST_HITS;
  });
  return chosen.length > 0 ? chosen : sorted.slice(0, 1);
}

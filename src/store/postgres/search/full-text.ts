import { B, type Evidence, inHeadings, inverseFrequency, K1, rarest, relevance } from '../../relevance.ts';
import type { Query } from '../connections/connections.ts';
import { occurrences, type PlacesOf, placesIn } from './occurrences.ts';
import { type Counted, type Question, Questions, type Term } from './questions.ts';
import { FILES_INSIDE, isInside, type ScopeInside } from './scope.ts';
import type { Analyzer } from './words.ts';

/** About so many hits of the rarer of what is asked for choose the chunks that are ranked: each takes some µs. */
const MOST_HITS = 5_000;

/** Where those are too few in the files that are searched, so many times as many do. */
const MORE_HITS = 4;

/** So many chunks are ranked at most: each takes some 50 µs to be read. Where there are no more, all of them are. */
const RANKED = 200;

/** Those that have most of what is asked for, the shorter ones first: how often they have it, the index does not know. */
const CHOOSE = `WITH found AS MATERIALIZED (
    SELECT id, file, length, share FROM unnest($3::text[], $4::float8[]) AS asked (query, share),
      -- By the index: to compare all chunks takes long, which the planner does not know.
      LATERAL (SELECT id, file, length FROM bobbin_search_chunks WHERE words @@ query::tsquery OFFSET 0) AS chunk
  )
  SELECT id FROM found WHERE ${isInside('file')}
  GROUP BY id, length ORDER BY sum(share) DESC, length, id LIMIT ${RANKED}`;

const ALL = `SELECT id FROM bobbin_search_chunks WHERE file IN (${FILES_INSIDE})`;

const READ = 'SELECT id, length, heading, words::text AS words FROM bobbin_search_chunks WHERE id = ANY($1)';

/** A chunk that is ranked. */
interface Chunk {
  id: number;
  placesOf: PlacesOf;
  length: number;
  /** How many words its own heading has; undefined of a chunk that an earlier Bobbin has put. */
  heading: number | undefined;
}

/** What finds some of the chunks. */
interface Finding {
  query: string;
  having: number;
  share: number;
}

/**
 * Full text over PostgreSQL's `tsvector`, which is indexed by its words: the index chooses the chunks that have most of what
 * is asked for, which are ranked here by all that is known of their words, as in every store.
 */
export class FullText {
  readonly #query: Query;
  readonly #questions: Questions;

  constructor(query: Query, analyzer: Analyzer) {
    this.#query = query;
    this.#questions = new Questions(query, analyzer);
  }

  /** What is asked for, with what each of it counts. */
  question(terms: readonly (readonly string[])[], phrases: readonly string[]): Promise<Question> {
    return this.#questions.ask(terms, phrases);
  }

  /** The chunks that may have the most of it: at least `limit` where there are as many. */
  async choose(scope: ScopeInside, question: Question, limit: number): Promise<number[]> {
    const inside = [scope.stores, scope.files ?? null];
    const all = findings(question);
    if (all.length === 0) return [];
    if (scope.chunks <= RANKED) return idsIn(await this.#query(ALL, inside));
    let found: number[] = [];
    let looked = 0;
    for (let most = MOST_HITS; looked < all.length && found.length < limit; most *= MORE_HITS) {
      const chosen = rarest(all, most);
      if (chosen.length === looked) continue;
      looked = chosen.length;
      const [queries, shares] = [chosen.map(({ query }) => query), chosen.map(({ share }) => share)];
      found = idsIn(await this.#query(CHOOSE, [...inside, queries, shares]));
    }
    return found;
  }

  /** How much each of the chunks has of what could be had; none for those that have nothing. */
  async rank(question: Question, ids: readonly number[]): Promise<Map<number, number>> {
    const { terms, phrases } = question;
    if (ids.length === 0 || terms.length + phrases.length === 0) return new Map();
    const chunks = (await this.#query(READ, [ids])).map(chunkIn);
    const [words, together] = [terms, phrases].map((all) =>
      all.map((term) => evidenceOf(term, chunks, question)),
    ) as [Found[], Found[]];
    const lengths = chunks.map(({ id, heading = 0 }) => [id, heading] as const);
    const headings = inHeadings(
      words.map(({ heading }) => heading),
      new Map(lengths),
    );
    const found = relevance(
      chunks.map(({ id }) => id),
      { terms: words, phrases: together, headings },
    );
    return new Map([...found].filter(([, score]) => score > 0));
  }
}

/** What is there of a question: a word in a chunk's heading, or beside the next one, raises the chunk by half of what it says. */
function findings({ terms, phrases, chunks }: Question): Finding[] {
  const all = (one: Counted, weight: number): Finding[] =>
    one.queries.map((query) => ({
      query,
      having: one.having,
      share: weight * inverseFrequency(chunks, one.having),
    }));
  return [
    ...terms.flatMap(({ spellings, heading }) => [
      ...spellings.flatMap((one) => all(one, 1)),
      ...all(heading, 0.5),
    ]),
    ...phrases.flatMap(({ spellings }) => spellings.flatMap((one) => all(one, 0.5))),
  ].filter(({ having }) => having > 0);
}

interface Found extends Evidence {
  heading: { weight: number; ids: number[] };
}

/** How much each of the chunks has of a term, in the spelling of which it has most, and which of them have it in their heading. */
function evidenceOf(
  { spellings, having, heading }: Term,
  chunks: readonly Chunk[],
  all: Pick<Question, 'chunks' | 'length'>,
): Found {
  const said = new Map<number, number>();
  const ids: number[] = [];
  const there = spellings.filter((one) => one.having > 0);
  for (const chunk of chunks) {
    const found = there.map(({ words }) => occurrences(chunk.placesOf, words));
    const most = found.reduce((sum, { often }) => Math.max(sum, often), 0);
    if (most === 0) continue;
    said.set(chunk.id, most / (most + K1 * (1 - B + (B * chunk.length) / all.length)));
    if (chunk.heading !== undefined && found.some(({ inHeading }) => inHeading)) ids.push(chunk.id);
  }
  const weight = inverseFrequency(all.chunks, having);
  return { weight, said, heading: { weight: inverseFrequency(all.chunks, heading.having), ids } };
}

function chunkIn({ id, words, length, heading }: Record<string, unknown>): Chunk {
  return {
    id: Number(id),
    placesOf: placesIn(String(words)),
    length: Number(length),
    heading: heading === null ? undefined : Number(heading),
  };
}

function idsIn(rows: readonly Record<string, unknown>[]): number[] {
  return rows.map(({ id }) => Number(id));
}

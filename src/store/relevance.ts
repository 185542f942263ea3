/**
 * How well a chunk answers by its words, on a scale that is the same for a store of five chunks and of fifty thousand: what
 * share it has of all that could be had of the question's terms, each by what it says.
 */

/** BM25's first constant, which FTS5 has built in, too: https://www.sqlite.org/fts5.html#the_bm25_function */
export const K1 = 1.2;

/** BM25's second: what a chunk's length counts against it, beside the average of all. */
export const B = 0.75;

/** A term that is said on and on approaches that in BM25. */
export const MOST_SAID = K1 + 1;

/**
 * What words count that stand side by side in the question and in the chunk: as in a sequential dependence model, less than
 * single ones (Metzler and Croft 2005). They are evidence beside those, never against a chunk that says it in another order.
 */
const PHRASES = 0.5;

/**
 * What it counts that a chunk's own heading is what is asked for. A section is about its heading, also where every other one
 * mentions that; more than an order of words it tells nothing.
 */
const HEADING = 0.5;

/** What there may be evidence in. */
export type Kind = 'terms' | 'phrases' | 'headings';

/** How much a chunk has of a term, from 0 to 1, and how much the term says. */
export interface Evidence {
  weight: number;
  /** By chunk; none for those that do not have it. */
  said: ReadonlyMap<number, number>;
}

/**
 * What a term says that stands in so many of the chunks: Lucene's smoothed inverse document frequency, which stays above 0 for
 * what stands everywhere, where BM25's own is 0 from half of the chunks on. A term that no chunk has is taken to be as rare as
 * one of a single chunk: how much rarer it is, nothing tells.
 */
export function inverseFrequency(chunks: number, having: number): number {
  const counted = Math.max(1, having);
  return Math.log(1 + Math.max(0, chunks - counted + 0.5) / (counted + 0.5));
}

/**
 * Those that so many chunks have at most, all together, beginning with the rarest, which is always among them: what is frequent
 * could not put a chunk in front by itself, and finding it takes longest. As in MaxScore (Turtle and Flood 1995).
 */
export function rarest<T extends { having: number }>(terms: readonly T[], most: number): T[] {
  let sum = 0;
  return terms
    .toSorted((one, other) => one.having - other.having)
    .filter(({ having }, at) => {
      sum += having;
      return at === 0 || sum <= most;
    });
}

/** The chunks' scores, from 0 to 1. */
export function relevance(
  ids: Iterable<number>,
  evidence: Record<Kind, readonly Evidence[]>,
): Map<number, number> {
  const [byTerms, byPhrases, byHeading] = [
    shareOf(evidence.terms),
    shareOf(evidence.phrases),
    shareOf(evidence.headings),
  ];
  return new Map(
    Array.from(ids, (id) => {
      const words = byTerms(id);
      // The name of all that is documented heads a document, too, and answers nothing.
      const heading = Math.min(words, HEADING * byHeading(id));
      return [id, Math.min(1, words + PHRASES * byPhrases(id) + heading)];
    }),
  );
}

function shareOf(all: readonly Evidence[]): (id: number) => number {
  const most = all.reduce((sum, { weight }) => sum + weight, 0);
  if (most === 0) return () => 0;
  return (id) => all.reduce((sum, { weight, said }) => sum + weight * (said.get(id) ?? 0), 0) / most;
}

/** The evidence of terms in headings: what share of a heading they are together. By chunk how long its heading is, in words. */
export function inHeadings(
  terms: readonly { weight: number; ids: readonly number[] }[],
  lengths: ReadonlyMap<number, number>,
): Evidence[] {
  const held = new Map<number, number>();
  for (const id of terms.flatMap(({ ids }) => ids)) held.set(id, (held.get(id) ?? 0) + 1);
  const share = (id: number) => Math.min(1, (held.get(id) ?? 0) / (lengths.get(id) ?? 1));
  return terms.map(({ weight, ids }) => ({ weight, said: new Map(ids.map((id) => [id, share(id)])) }));
}

import { type Basis, rounded, weighted } from './basis.ts';
import { rightSingularVectors } from './singular-vectors.ts';
import { SparseMatrix } from './sparse-matrix.ts';
import type { Stems } from './stems.ts';

/** What a few hundred directions of meaning leave out is mostly chance: https://en.wikipedia.org/wiki/Latent_semantic_analysis */
export const DIMENSIONS = 220;

/** The directions are at most such a share of the words and of the passages: with as many of them nothing would be left out. */
const DIRECTIONS_SHARE = 1 / 8;

/** Words that stand in fewer passages have no company to be known by. */
const LEAST_PASSAGES = 2;

/** The most words that are learnt, those of the most passages; each takes 220 numbers. */
const MOST_STEMS = 30_000;

/** Learns from passages. Undefined where there is too little to learn from. */
export function learn(passages: readonly Stems[]): Basis | undefined {
  const frequencies = new Map<string, number>();
  for (const passage of passages)
    for (const stem of passage.keys()) frequencies.set(stem, (frequencies.get(stem) ?? 0) + 1);
  const chosen = [...frequencies]
    // What stands in every passage weighs nothing.
    .filter(([, count]) => count >= LEAST_PASSAGES && count < passages.length)
    .sort(([, one], [, other]) => other - one)
    .slice(0, MOST_STEMS);
  const stems = new Map(chosen.map(([stem], row) => [stem, row]));
  const weights = Float32Array.from(chosen, ([, count]) => Math.log(passages.length / count));
  if (stems.size === 0) return undefined;
  const rows = passages.map((passage) => weighted(passage, stems, weights));
  const fewest = Math.min(passages.length, stems.size);
  const dimensions = Math.min(DIMENSIONS, Math.ceil(fewest * DIRECTIONS_SHARE));
  const { vectors, width } = rightSingularVectors(new SparseMatrix(rows, stems.size), dimensions);
  if (width === 0) return undefined;
  return { dimensions: width, stems, weights, ...rounded(vectors, width) };
}

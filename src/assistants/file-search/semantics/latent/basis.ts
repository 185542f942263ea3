import type { Stems } from './stems.ts';

/** What words mean beside each other, as learnt from passages. */
export interface Basis {
  dimensions: number;
  /** For each stem its row. */
  stems: ReadonlyMap<string, number>;
  /** How much a stem says, by its row. */
  weights: Float32Array;
  /** `dimensions` numbers for each row. */
  vectors: Float32Array;
}

/** Where a text stands among the meanings, of unit length; zeros where it has no word that is known. */
export function fold(text: Stems, basis: Basis): Float32Array {
  const { dimensions, vectors } = basis;
  const sum = new Float32Array(dimensions);
  for (const [row, value] of weighted(text, basis.stems, basis.weights)) {
    const from = row * dimensions;
    for (let k = 0; k < dimensions; k++) sum[k] = (sum[k] as number) + value * (vectors[from + k] as number);
  }
  return toUnit(sum);
}

/** A text as a row of unit length: a word that is said twice is not twice the matter. */
export function weighted(
  text: Stems,
  stems: ReadonlyMap<string, number>,
  weights: Float32Array,
): [row: number, value: number][] {
  const all: [number, number][] = [];
  for (const [stem, count] of text) {
    const row = stems.get(stem);
    if (row !== undefined) all.push([row, (1 + Math.log(count)) * (weights[row] as number)]);
  }
  const length = Math.hypot(...all.map(([, value]) => value)) || 1;
  return all.map(([row, value]) => [row, value / length]);
}

function toUnit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return length === 0 ? vector : vector.map((one) => one / length);
}

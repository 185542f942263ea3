import type { Stems } from './stems.ts';

/** What words mean beside each other, as learnt from passages. */
export interface Basis {
  dimensions: number;
  /** For each stem its row. */
  stems: ReadonlyMap<string, number>;
  /** How much a stem says, by its row. */
  weights: Float32Array;
  /** `dimensions` numbers for each row, as shares of the largest of them in 127ths: as they are kept, so that nobody converts millions. */
  shares: Int8Array;
  /** The largest of each row. */
  largest: Float32Array;
}

/** What of a basis is kept of its numbers, of which there are `dimensions` for each row. */
export function rounded(numbers: ArrayLike<number>, dimensions: number): Pick<Basis, 'shares' | 'largest'> {
  const shares = new Int8Array(numbers.length);
  const largest = new Float32Array(dimensions === 0 ? 0 : numbers.length / dimensions);
  for (let row = 0; row < largest.length; row++) {
    const [from, end] = [row * dimensions, (row + 1) * dimensions];
    let most = 0;
    for (let at = from; at < end; at++) most = Math.max(most, Math.abs(numbers[at] as number));
    largest[row] = most || 1;
    for (let at = from; at < end; at++)
      shares[at] = Math.round(((numbers[at] as number) / (largest[row] as number)) * 127);
  }
  return { shares, largest };
}

/** Where a text stands among the meanings, of unit length; zeros where it has no word that is known. */
export function fold(text: Stems, basis: Basis): Float32Array {
  const { dimensions, shares, largest } = basis;
  const sum = new Float32Array(dimensions);
  for (const [row, value] of weighted(text, basis.stems, basis.weights)) {
    const from = row * dimensions;
    const unit = (value * (largest[row] as number)) / 127;
    for (let k = 0; k < dimensions; k++) sum[k] = (sum[k] as number) + unit * (shares[from + k] as number);
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

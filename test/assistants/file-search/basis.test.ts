import { expect, test } from 'vitest';
import { fold, rounded } from '../../../src/assistants/file-search/semantics/latent/basis.ts';
import { decodeBasis, encodeBasis } from '../../../src/assistants/file-search/semantics/latent/codec.ts';

const STEMS = 300;
const DIMENSIONS = 7;

const numbers = Float64Array.from(
  { length: STEMS * DIMENSIONS },
  (_, at) => Math.sin(at * at) / (1 + (at % 13)),
);
const basis = {
  dimensions: DIMENSIONS,
  stems: new Map(Array.from({ length: STEMS }, (_, at): [string, number] => [`stém${at}`, at])),
  weights: Float32Array.from({ length: STEMS }, (_, at) => 1 + (at % 5)),
  ...rounded(numbers, DIMENSIONS),
};

test('what was learnt is read as it is kept: none of its numbers, of which there may be millions, is converted', () => {
  // As a store may give it: somewhere in a larger piece of memory.
  const encoded = encodeBasis(basis);
  const bytes = new Uint8Array(new ArrayBuffer(encoded.length + 16), 5, encoded.length);
  bytes.set(encoded);
  const read = decodeBasis(bytes);
  expect(read).toEqual(basis);
  expect(read.shares.buffer).toBe(bytes.buffer);
});

test('the rounding leaves a text where it stood among the meanings', () => {
  const text = new Map([...basis.stems.keys()].slice(0, 20).map((stem, at) => [stem, 1 + (at % 3)]));
  const folded = fold(text, basis);
  const exact = new Float64Array(DIMENSIONS);
  for (const [stem, count] of text) {
    const row = basis.stems.get(stem) as number;
    const value = (1 + Math.log(count)) * (basis.weights[row] as number);
    for (let k = 0; k < DIMENSIONS; k++)
      exact[k] = (exact[k] as number) + value * (numbers[row * DIMENSIONS + k] as number);
  }
  const length = Math.hypot(...exact);
  const cosine = folded.reduce((sum, one, at) => sum + (one * (exact[at] as number)) / length, 0);
  expect(cosine).toBeGreaterThan(0.999);
});

import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { SparseMatrix } from './sparse-matrix.ts';

/** More directions than are asked for are followed, so that the last ones are right, too. */
const OVERSAMPLING = 20;

/** Each round of powers makes what is strong stronger; after four little changes. */
const ROUNDS = 4;

/** Below that share of the strongest, a direction is noise of the arithmetic. */
const NEGLIGIBLE = 1e-10;

/**
 * The first right singular vectors of a matrix, one number for each column and vector, by randomized subspace iteration
 * (Halko, Martinsson and Tropp 2011, https://arxiv.org/abs/0909.4061). There are fewer than were asked for when the matrix
 * has a lower rank. The same matrix gives the same vectors.
 */
export function rightSingularVectors(
  matrix: SparseMatrix,
  wanted: number,
): { vectors: Float64Array; width: number } {
  const width = Math.min(wanted + OVERSAMPLING, matrix.rows, matrix.columns);
  let block = orthonormal(randomBlock(matrix.columns * width), width);
  for (let round = 1; round < ROUNDS && block.width > 0; round++)
    block = orthonormal(matrix.gramTimes(block.vectors, block.width), block.width);
  if (block.width === 0) return { vectors: block.vectors, width: 0 };
  const image = matrix.gramTimes(block.vectors, block.width);
  // Within the subspace the problem is a small one: https://en.wikipedia.org/wiki/Rayleigh%E2%80%93Ritz_method
  const { values, columns } = eigen(products(block.vectors, image, block.width));
  const kept = columns
    .filter((_, at) => (values[at] as number) > NEGLIGIBLE * (values[0] ?? 0))
    .slice(0, wanted);
  return { vectors: combined(block.vectors, block.width, kept), width: kept.length };
}

/** A basis of what the columns span: https://en.wikipedia.org/wiki/Orthogonalization, by the symmetric way. */
function orthonormal(block: Float64Array, width: number): { vectors: Float64Array; width: number } {
  const { values, columns } = eigen(products(block, block, width));
  const scaled = columns
    .map((column, at) => column.map((one) => one / Math.sqrt(values[at] as number)))
    .filter((_, at) => (values[at] as number) > NEGLIGIBLE * (values[0] ?? 0));
  return { vectors: combined(block, width, scaled), width: scaled.length };
}

/** The eigenvalues of a symmetric matrix, the largest first, and their vectors. */
function eigen(symmetric: Matrix): { values: number[]; columns: number[][] } {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(symmetric, {
    assumeSymmetric: true,
  });
  const order = realEigenvalues
    .map((_, at) => at)
    .sort((a, b) => (realEigenvalues[b] ?? 0) - (realEigenvalues[a] ?? 0));
  return {
    values: order.map((at) => realEigenvalues[at] as number),
    columns: order.map((at) => eigenvectorMatrix.getColumn(at)),
  };
}

/** XᵀY of two blocks of the same width. */
function products(x: Float64Array, y: Float64Array, width: number): Matrix {
  const sums = new Float64Array(width * width);
  for (let from = 0; from < x.length; from += width) {
    for (let i = 0; i < width; i++) {
      const one = x[from + i] as number;
      if (one === 0) continue;
      for (let j = 0; j < width; j++)
        sums[i * width + j] = (sums[i * width + j] as number) + one * (y[from + j] as number);
    }
  }
  return Matrix.from1DArray(width, width, [...sums]);
}

/** New columns out of those of the block. */
function combined(block: Float64Array, width: number, columns: readonly (readonly number[])[]): Float64Array {
  const narrow = columns.length;
  const factors = Float64Array.from(
    { length: width * narrow },
    (_, at) => columns[at % narrow]?.[Math.floor(at / narrow)] ?? 0,
  );
  const result = new Float64Array((block.length / width) * narrow);
  for (let row = 0; row < block.length / width; row++) {
    for (let i = 0; i < width; i++) {
      const one = block[row * width + i] as number;
      if (one === 0) continue;
      for (let j = 0; j < narrow; j++)
        result[row * narrow + j] =
          (result[row * narrow + j] as number) + one * (factors[i * narrow + j] as number);
    }
  }
  return result;
}

/** Evenly spread numbers from -1 to 1, always the same: https://en.wikipedia.org/wiki/Linear_congruential_generator */
function randomBlock(size: number): Float64Array {
  let state = 42;
  return Float64Array.from({ length: size }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** A matrix of which most is zero, by its rows: https://en.wikipedia.org/wiki/Sparse_matrix#Compressed_sparse_row */
export class SparseMatrix {
  readonly columns: number;
  readonly #starts: Int32Array;
  readonly #places: Int32Array;
  readonly #values: Float32Array;

  constructor(rows: readonly (readonly (readonly [column: number, value: number])[])[], columns: number) {
    this.columns = columns;
    const size = rows.reduce((sum, row) => sum + row.length, 0);
    this.#starts = new Int32Array(rows.length + 1);
    this.#places = new Int32Array(size);
    this.#values = new Float32Array(size);
    let at = 0;
    rows.forEach((row, index) => {
      for (const [column, value] of row) {
        this.#places[at] = column;
        this.#values[at++] = value;
      }
      this.#starts[index + 1] = at;
    });
  }

  get rows(): number {
    return this.#starts.length - 1;
  }

  /** AᵀA times `block`, which has `width` numbers for each column of A, without ever making AᵀA. */
  gramTimes(block: Float64Array, width: number): Float64Array {
    const result = new Float64Array(this.columns * width);
    const row = new Float64Array(width);
    for (let index = 0; index < this.rows; index++) {
      row.fill(0);
      const [start, end] = [this.#starts[index] as number, this.#starts[index + 1] as number];
      for (let at = start; at < end; at++) {
        const value = this.#values[at] as number;
        const from = (this.#places[at] as number) * width;
        for (let k = 0; k < width; k++) row[k] = (row[k] as number) + value * (block[from + k] as number);
      }
      for (let at = start; at < end; at++) {
        const value = this.#values[at] as number;
        const to = (this.#places[at] as number) * width;
        for (let k = 0; k < width; k++)
          result[to + k] = (result[to + k] as number) + value * (row[k] as number);
      }
    }
    return result;
  }
}

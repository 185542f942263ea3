import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { cosineOf, keepVector, RESCORED } from '../../kept-vector.ts';
import { fileOf } from './chunk-ids.ts';

/** More than any distance. */
const FARTHER = 0xffff;

/**
 * The vectors of one generation, as bits in memory and exact in the file. Those that are like another are found by how many
 * bits they share, and put in order by what they are exactly.
 */
export class Vectors {
  readonly #generation: string;
  readonly #newer: StatementSync;
  readonly #exact: StatementSync;
  #last = 0;
  #words = 0;
  #ids: number[] = [];
  #bits = new Int32Array(0);

  constructor(database: DatabaseSync, generation: string) {
    this.#generation = generation;
    this.#newer = database.prepare(
      'SELECT place, chunk, bits FROM vectors WHERE generation = ? AND place > ? ORDER BY place',
    );
    this.#exact = database.prepare(
      'SELECT chunk, exact FROM vectors WHERE generation = ? AND chunk IN (SELECT value FROM json_each(?))',
    );
    this.#exact.setReturnArrays(true);
  }

  /** The most alike of those in the files. */
  nearest(vector: Float32Array, limit: number, files: ReadonlySet<number>): [id: number, cosine: number][] {
    this.#refresh();
    const looked = new Int32Array(keepVector(vector).bits.buffer);
    if (looked.length !== this.#words) return [];
    const counts = new Uint32Array(32 * this.#words + 1);
    const all = new Uint16Array(this.#ids.length).fill(FARTHER);
    let [file, isMeant] = [-1, false];
    for (let at = 0; at < this.#ids.length; at++) {
      const its = fileOf(this.#ids[at] as number);
      if (its !== file) [file, isMeant] = [its, files.has(its)];
      if (!isMeant) continue;
      const distance = distanceBetween(this.#bits, at * this.#words, looked);
      all[at] = distance;
      counts[distance] = (counts[distance] as number) + 1;
    }
    const farthest = reach(counts, limit * RESCORED);
    const near = this.#ids.filter((_, at) => (all[at] as number) <= farthest);
    return [...this.cosines(vector, near)].sort(([, one], [, other]) => other - one).slice(0, limit);
  }

  /** Of those of the chunks that have a vector. */
  cosines(vector: Float32Array, ids: readonly number[]): Map<number, number> {
    const found = new Map<number, number>();
    const rows = this.#exact.all(this.#generation, JSON.stringify(ids)) as unknown as [number, Uint8Array][];
    for (const [id, exact] of rows) {
      const cosine = cosineOf(vector, exact);
      if (cosine !== undefined) found.set(id, cosine);
    }
    return found;
  }

  /** Forgets chunks that are there no more. */
  forget(isGone: (id: number) => boolean): void {
    const kept = this.#ids.map((id, at): [number, number] => [id, at]).filter(([id]) => !isGone(id));
    const bits = new Int32Array(kept.length * this.#words);
    kept.forEach(([, at], to) => {
      bits.set(this.#bits.subarray(at * this.#words, (at + 1) * this.#words), to * this.#words);
    });
    this.#ids = kept.map(([id]) => id);
    this.#bits = bits;
  }

  /** Takes in what was written since. */
  #refresh(): void {
    for (const { place, chunk, bits } of this.#newer.iterate(this.#generation, this.#last)) {
      const bytes = bits as Uint8Array;
      this.#words = bytes.length / 4;
      this.#last = Number(place);
      const from = this.#ids.length * this.#words;
      if (from + this.#words > this.#bits.length) this.#bits = grown(this.#bits, from + this.#words);
      this.#bits.set(new Int32Array(bytes.slice().buffer), from);
      this.#ids.push(Number(chunk));
    }
  }
}

/** How many bits differ: https://en.wikipedia.org/wiki/Hamming_distance */
function distanceBetween(bits: Int32Array, from: number, looked: Int32Array): number {
  let sum = 0;
  for (let word = 0; word < looked.length; word++)
    sum += ones((bits[from + word] as number) ^ (looked[word] as number));
  return sum;
}

/** https://en.wikipedia.org/wiki/Hamming_weight */
function ones(word: number): number {
  let left = word - ((word >>> 1) & 0x55555555);
  left = (left & 0x33333333) + ((left >>> 2) & 0x33333333);
  return Math.imul((left + (left >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** How far one has to go to have so many. */
function reach(counts: Uint32Array, wanted: number): number {
  let sum = 0;
  for (let distance = 0; distance < counts.length; distance++) {
    sum += counts[distance] as number;
    if (sum >= wanted) return distance;
  }
  return counts.length;
}

function grown(array: Int32Array, least: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(least, array.length * 2));
  larger.set(array);
  return larger;
}

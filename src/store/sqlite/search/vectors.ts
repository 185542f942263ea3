import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** So many times as many are looked at exactly as are wanted: the order by single bits is a rough one. */
const RESCORED = 4;

/** A vector as it is kept: its length is 1, so that 8 bits a dimension leave the order of cosines as it was. */
export interface KeptVector {
  /** For each dimension, whether it is positive; padded to whole words of 32 bits. */
  bits: Uint8Array;
  /** The largest dimension and each one's share of it in 127ths, as bytes. */
  exact: Uint8Array;
}

/** Makes of a vector what is kept of it. */
export function keepVector(vector: Float32Array): KeptVector {
  const largest = vector.reduce((most, one) => Math.max(most, Math.abs(one)), 0) || 1;
  const exact = new Uint8Array(4 + vector.length);
  new DataView(exact.buffer).setFloat32(0, largest, true);
  const shares = new Int8Array(exact.buffer, 4);
  const bits = new Uint8Array(4 * Math.ceil(vector.length / 32));
  vector.forEach((one, at) => {
    shares[at] = Math.round((one / largest) * 127);
    if (one > 0) bits[at >> 3] = (bits[at >> 3] as number) | (1 << (at & 7));
  });
  return { bits, exact };
}

/** The product with what was kept of another vector. */
function product(vector: Float32Array, exact: Uint8Array): number {
  const shares = new Int8Array(exact.buffer, exact.byteOffset + 4, exact.length - 4);
  const largest = new DataView(exact.buffer, exact.byteOffset).getFloat32(0, true);
  let sum = 0;
  for (let at = 0; at < vector.length; at++) sum += (vector[at] as number) * (shares[at] as number);
  return (sum * largest) / 127;
}

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
    this.#exact = database.prepare('SELECT exact FROM vectors WHERE generation = ? AND chunk = ?');
  }

  /** The most alike that `isMeant` lets through. */
  nearest(
    vector: Float32Array,
    limit: number,
    isMeant: (id: number) => boolean,
  ): [id: number, cosine: number][] {
    this.#refresh();
    const wanted = keepVector(vector).bits;
    const looked = new Int32Array(wanted.buffer);
    if (looked.length !== this.#words) return [];
    const distances: [distance: number, id: number][] = [];
    const counts = new Uint32Array(32 * this.#words + 1);
    const all = new Uint16Array(this.#ids.length).fill(0xffff);
    for (let at = 0; at < this.#ids.length; at++) {
      if (!isMeant(this.#ids[at] as number)) continue;
      const distance = distanceBetween(this.#bits, at * this.#words, looked);
      all[at] = distance;
      counts[distance] = (counts[distance] as number) + 1;
    }
    const farthest = reach(counts, limit * RESCORED);
    for (let at = 0; at < all.length; at++)
      if ((all[at] as number) <= farthest) distances.push([all[at] as number, this.#ids[at] as number]);
    return distances
      .map(([, id]): [number, number | undefined] => [id, this.cosine(vector, id)])
      .filter((one): one is [number, number] => one[1] !== undefined)
      .sort(([, one], [, other]) => other - one)
      .slice(0, limit);
  }

  /** Undefined where the chunk has no vector. */
  cosine(vector: Float32Array, id: number): number | undefined {
    const exact = this.#exact.get(this.#generation, id)?.exact;
    return exact instanceof Uint8Array && exact.length === vector.length + 4
      ? product(vector, exact)
      : undefined;
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

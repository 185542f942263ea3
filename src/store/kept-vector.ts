/** So many times as many are looked at exactly as are wanted: the order by single bits is a rough one. */
export const RESCORED = 4;

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

/** The cosine with what was kept of another vector; undefined where that is of another dimension. */
export function cosineOf(vector: Float32Array, exact: Uint8Array): number | undefined {
  if (exact.length !== vector.length + 4) return undefined;
  const shares = new Int8Array(exact.buffer, exact.byteOffset + 4, exact.length - 4);
  const largest = new DataView(exact.buffer, exact.byteOffset).getFloat32(0, true);
  let sum = 0;
  for (let at = 0; at < vector.length; at++) sum += (vector[at] as number) * (shares[at] as number);
  return (sum * largest) / 127;
}

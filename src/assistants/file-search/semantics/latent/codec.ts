import type { Basis } from './basis.ts';

/** A basis as bytes: how long its stems are as JSON, these, and its numbers. */
export function encodeBasis({ dimensions, stems, weights, largest, shares }: Basis): Uint8Array {
  const head = Buffer.from(JSON.stringify({ dimensions, stems: [...stems.keys()] }));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(head.length);
  const numbers = [weights, largest, shares].map(bytesOf);
  return new Uint8Array(Buffer.concat([size, head, ...numbers]));
}

/** The reverse of `encodeBasis`. It keeps to the bytes: of the largest basis these are 7 MB. */
export function decodeBasis(bytes: Uint8Array<ArrayBuffer>): Basis {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headEnd = 4 + buffer.readUInt32LE(0);
  const head = JSON.parse(buffer.toString('utf8', 4, headEnd)) as { dimensions: number; stems: string[] };
  const weightsEnd = headEnd + 4 * head.stems.length;
  const largestEnd = weightsEnd + 4 * head.stems.length;
  return {
    dimensions: head.dimensions,
    stems: new Map(head.stems.map((stem, row) => [stem, row])),
    weights: floatsIn(buffer.subarray(headEnd, weightsEnd)),
    largest: floatsIn(buffer.subarray(weightsEnd, largestEnd)),
    shares: new Int8Array(bytes.buffer, bytes.byteOffset + largestEnd, bytes.length - largestEnd),
  };
}

function bytesOf(array: Float32Array | Int8Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Wherever they stand in the buffer. */
function floatsIn(bytes: Uint8Array): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer);
}

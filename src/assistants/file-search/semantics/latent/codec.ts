import type { Basis } from './basis.ts';

/** A basis as bytes: the stems as JSON, and each stem's numbers as the largest of them and shares of it in 127ths. */
export function encodeBasis({ dimensions, stems, weights, vectors }: Basis): Uint8Array {
  const head = Buffer.from(JSON.stringify({ dimensions, stems: [...stems.keys()] }));
  const scales = new Float32Array(stems.size);
  const shares = new Int8Array(vectors.length);
  for (let row = 0; row < stems.size; row++) {
    const numbers = vectors.subarray(row * dimensions, (row + 1) * dimensions);
    const largest = numbers.reduce((most, one) => Math.max(most, Math.abs(one)), 0) || 1;
    scales[row] = largest;
    numbers.forEach((one, at) => {
      shares[row * dimensions + at] = Math.round((one / largest) * 127);
    });
  }
  const size = Buffer.alloc(4);
  size.writeUInt32LE(head.length);
  return new Uint8Array(Buffer.concat([size, head, bytesOf(weights), bytesOf(scales), bytesOf(shares)]));
}

/** The reverse of `encodeBasis`. */
export function decodeBasis(bytes: Uint8Array): Basis {
  const buffer = Buffer.from(bytes);
  const headEnd = 4 + buffer.readUInt32LE(0);
  const head = JSON.parse(buffer.subarray(4, headEnd).toString()) as { dimensions: number; stems: string[] };
  const { dimensions, stems } = head;
  const weightsEnd = headEnd + 4 * stems.length;
  const scalesEnd = weightsEnd + 4 * stems.length;
  const scales = floatsIn(buffer.subarray(weightsEnd, scalesEnd));
  const shares = new Int8Array(buffer.subarray(scalesEnd));
  return {
    dimensions,
    stems: new Map(stems.map((stem, row) => [stem, row])),
    weights: floatsIn(buffer.subarray(headEnd, weightsEnd)),
    vectors: Float32Array.from(
      shares,
      (share, at) => (share / 127) * (scales[Math.floor(at / dimensions)] as number),
    ),
  };
}

function bytesOf(array: Float32Array | Int8Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Wherever they stand in the buffer. */
function floatsIn(bytes: Uint8Array): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer);
}

import { Buffer } from 'node:buffer';
import { readSync } from 'node:fs';
import { FrameDecoder } from './frames.js';
import { pause } from './pause.js';

/** How much is read at once, in bytes: what a pipe holds. */
const PIECE = 64 * 1024;

/** How long to wait before an empty pipe is tried again, where the system does not wait itself, in seconds. */
const PAUSE = 0.001;

/**
 * The frames that come in, until the other side closes. The thread sleeps until there is one.
 *
 * @param {number} descriptor
 * @param {number} bodyLimit
 */
export function* framesFrom(descriptor, bodyLimit) {
  const decoder = new FrameDecoder(bodyLimit);
  for (;;) {
    const piece = Buffer.alloc(PIECE);
    const length = read(descriptor, piece);
    if (length === 0) return;
    yield* decoder.push(piece.subarray(0, length));
  }
}

/**
 * @param {number} descriptor
 * @param {Uint8Array} bytes
 * @returns {number} how many were read; 0 at the end
 */
function read(descriptor, bytes) {
  for (;;) {
    try {
      return readSync(descriptor, bytes);
    } catch (error) {
      const code = error instanceof Error && 'code' in error && error.code;
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw error;
      pause(PAUSE);
    }
  }
}

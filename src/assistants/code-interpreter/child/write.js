import { writeSync } from 'node:fs';
import { pause } from './pause.js';

/** How long to wait before a full pipe is tried again, in seconds. */
const PAUSE = 0.001;

/**
 * Writes everything, and blocks while the other side does not read: so code that prints without end waits, and
 * nothing piles up.
 *
 * @param {number} descriptor
 * @param {Uint8Array} bytes
 */
export function writeAll(descriptor, bytes) {
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
      pause(PAUSE);
    }
  }
}

import { Buffer } from 'node:buffer';

// The protocol between the bot and a Python process: each frame is the length of its header and of its body (two
// little-endian 32-bit numbers), the header as JSON, then the body's bytes. Plain JavaScript, like all of this folder:
// stripping types costs a child 35 ms and 18 MB.

/** @typedef {{ type: string } & Record<string, unknown>} Header */
/** @typedef {{ header: Header, body: Buffer }} Frame */

const LENGTHS = 8;

/** A header is some names and numbers; a longer one is nonsense, in bytes. */
const HEADER_LIMIT = 1024 * 1024;

const NO_BODY = new Uint8Array(0);

/**
 * @param {Header} header
 * @param {Uint8Array} body
 * @returns {Buffer} the frame's bytes
 */
export function encodeFrame(header, body = NO_BODY) {
  const head = JSON.stringify(header);
  const headEnd = LENGTHS + Buffer.byteLength(head);
  const { length } = body;
  // Memory of its own: what Node lends out of its pool lies beside what others hold, and this may be a secret.
  const frame = Buffer.alloc(headEnd + length);
  frame.writeUInt32LE(headEnd - LENGTHS, 0);
  frame.writeUInt32LE(length, 4);
  frame.write(head, LENGTHS);
  frame.set(body, headEnd);
  return frame;
}

/** Cuts a stream of bytes into frames. */
export class FrameDecoder {
  /** @type {Buffer[]} */
  #chunks = [];
  #held = 0;
  #needed = LENGTHS;
  #bodyLimit;

  /** @param {number} bodyLimit the longest body to accept, in bytes */
  constructor(bodyLimit) {
    this.#bodyLimit = bodyLimit;
  }

  /**
   * @param {Buffer} chunk
   * @returns {Frame[]} the frames that this chunk completes
   * @throws {Error} when the bytes are no frame or one that is too long; the stream is of no more use then
   */
  push(chunk) {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    /** @type {Frame[]} */
    const frames = [];
    while (this.#held >= this.#needed) {
      const [first, ...more] = this.#chunks;
      const bytes = first && more.length === 0 ? first : Buffer.concat(this.#chunks);
      const { frame, rest } = this.#take(bytes);
      if (frame) frames.push(frame);
      this.#chunks = [rest];
      this.#held = rest.length;
    }
    return frames;
  }

  /** @param {Buffer} bytes as many as are needed, or more */
  #take(bytes) {
    const headEnd = LENGTHS + bytes.readUInt32LE(0);
    const end = headEnd + bytes.readUInt32LE(4);
    if (headEnd > HEADER_LIMIT || end - headEnd > this.#bodyLimit) throw new Error('A frame is too long.');
    if (bytes.length < end) {
      this.#needed = end;
      return { rest: bytes };
    }
    this.#needed = LENGTHS;
    const header = JSON.parse(bytes.toString('utf8', LENGTHS, headEnd));
    if (typeof header?.type !== 'string') throw new Error('A frame has no type.');
    return { frame: { header, body: bytes.subarray(headEnd, end) }, rest: bytes.subarray(end) };
  }
}

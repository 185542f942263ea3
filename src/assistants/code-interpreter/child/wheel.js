import { Buffer } from 'node:buffer';
import { process } from './this-process.js';

// A wheel is a ZIP archive (https://peps.python.org/pep-0427/), read here from its directory at the end. Of its files only
// those are unpacked that somebody opens, since Python needs few of the thousands that a large package has.

const END = 0x06054b50;
const END_BYTES = 22;
const ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const COMMENT_BYTES = 0xffff;
const STORED = 0;
const DEFLATED = 8;

/** @typedef {{ path: string, size: number, read: () => Uint8Array }} PackedFile */

/**
 * The files of an archive, by their paths in it.
 *
 * @param {Buffer} bytes
 * @returns {PackedFile[]}
 * @throws {Error} when it is none
 */
export function filesOf(bytes) {
  const end = endOf(bytes);
  const count = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  /** @type {PackedFile[]} */
  const files = [];
  for (let entry = 0; entry < count; entry += 1) {
    if (bytes.readUInt32LE(at) !== ENTRY) throw new Error('The archive has no directory.');
    const nameEnd = at + ENTRY_BYTES + bytes.readUInt16LE(at + 28);
    const path = bytes.toString('utf8', at + ENTRY_BYTES, nameEnd);
    if (!path.endsWith('/')) files.push(fileAt(bytes, at, path));
    at = nameEnd + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return files;
}

/**
 * @param {Buffer} bytes
 * @param {number} at where its entry in the directory is
 * @param {string} path
 * @returns {PackedFile}
 */
function fileAt(bytes, at, path) {
  const method = bytes.readUInt16LE(at + 10);
  const packed = bytes.readUInt32LE(at + 20);
  const size = bytes.readUInt32LE(at + 24);
  const local = bytes.readUInt32LE(at + 42);
  if (method !== STORED && method !== DEFLATED) throw new Error(`${path} is packed in an unknown way.`);
  const read = () => {
    const begin = local + LOCAL_BYTES + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const content = bytes.subarray(begin, begin + packed);
    return method === STORED ? Uint8Array.from(content) : unpacked(content, size);
  };
  return { path, size, read };
}

/**
 * @param {Buffer} content
 * @param {number} size
 */
function unpacked(content, size) {
  const { inflateRawSync } = process.getBuiltinModule('node:zlib');
  // A copy, without what zlib's memory held beside it.
  return new Uint8Array(inflateRawSync(content, { maxOutputLength: Math.max(size, 1) }));
}

/** @param {Buffer} bytes */
function endOf(bytes) {
  const first = Math.max(0, bytes.length - END_BYTES - COMMENT_BYTES);
  for (let at = bytes.length - END_BYTES; at >= first; at -= 1) if (bytes.readUInt32LE(at) === END) return at;
  throw new Error('This is no ZIP archive.');
}

/**
 * @param {Uint8Array} bytes
 * @returns {string} their SHA-256 in hexadecimal
 */
export function checksumOf(bytes) {
  const { createHash } = process.getBuiltinModule('node:crypto');
  return createHash('sha256').update(bytes).digest('hex');
}

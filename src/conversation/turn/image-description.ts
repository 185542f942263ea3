import { inflateSync } from 'node:zlib';

/** The most that Slack takes of a description (error `alt_txt_too_large`); Discord takes 24 characters more. */
const LONGEST = 1_000;

const PNG = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

/** Descriptions longer than this, in bytes, are none. */
const MOST_BYTES = 64 * 1024;

/**
 * What an image says of itself to those who can't see it, in its format's own place for that: the text `Description` of a PNG
 * (https://www.w3.org/TR/png-3/#11textinfo), the comment of a JPEG. It is as the file has it: data, from whoever made the file.
 */
export function imageDescription(bytes: Uint8Array): string | undefined {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  try {
    const text = content.subarray(0, PNG.length).equals(PNG) ? inPng(content) : inJpeg(content);
    return text === undefined ? undefined : shortened(text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim());
  } catch {
    return undefined; // A broken image describes nothing.
  }
}

function shortened(text: string): string | undefined {
  if (text === '') return undefined;
  return text.length <= LONGEST
    ? text
    : `${text
        .slice(0, LONGEST - 1)
        .toWellFormed()
        .replace(/�$/, '')}…`;
}

/** Of several texts the first one counts. */
function inPng(content: Buffer): string | undefined {
  for (let at = PNG.length; at + 8 <= content.length; ) {
    const length = content.readUInt32BE(at);
    const type = content.toString('latin1', at + 4, at + 8);
    const text = length <= MOST_BYTES ? pngText(type, content.subarray(at + 8, at + 8 + length)) : undefined;
    if (text !== undefined || type === 'IEND') return text;
    at += length + 12;
  }
  return undefined;
}

function pngText(type: string, data: Buffer): string | undefined {
  if (!/^(tEXt|zTXt|iTXt)$/.test(type)) return undefined;
  const [keyword, rest] = cut(data);
  if (keyword.toString('latin1') !== 'Description') return undefined;
  if (type === 'tEXt') return rest.toString('latin1');
  if (type === 'zTXt') return inflated(rest.subarray(1)).toString('latin1');
  const isCompressed = rest[0] === 1;
  const [, translated] = cut(rest.subarray(2));
  const [, text] = cut(translated);
  return (isCompressed ? inflated(text) : text).toString('utf8');
}

/** Before and after the first zero. */
function cut(data: Buffer): [Buffer, Buffer] {
  const zero = data.indexOf(0);
  return zero < 0 ? [data, data.subarray(data.length)] : [data.subarray(0, zero), data.subarray(zero + 1)];
}

function inflated(data: Buffer): Buffer {
  return inflateSync(data, { maxOutputLength: MOST_BYTES });
}

const [START, START_OF_SCAN, COMMENT] = [0xffd8, 0xffda, 0xfffe];

function inJpeg(content: Buffer): string | undefined {
  if (content.length < 4 || content.readUInt16BE(0) !== START) return undefined;
  for (let at = 2; at + 4 <= content.length; ) {
    const marker = content.readUInt16BE(at);
    const length = content.readUInt16BE(at + 2);
    if (marker === COMMENT) return content.toString('utf8', at + 4, at + 2 + length);
    if (marker === START_OF_SCAN || length < 2) return undefined;
    at += 2 + length;
  }
  return undefined;
}

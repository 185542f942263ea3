import { UnreadableDocument } from './unreadable.ts';

/** How the beginning of a file tells its encoding: https://www.unicode.org/faq/utf_bom.html#bom4 */
const BYTE_ORDER_MARKS = [
  { encoding: 'utf-8', mark: [0xef, 0xbb, 0xbf] },
  { encoding: 'utf-16le', mark: [0xff, 0xfe] },
  { encoding: 'utf-16be', mark: [0xfe, 0xff] },
];

/** As much of a file as shows whether every other byte is zero. In bytes. */
const SAMPLE = 64 * 1024;

/** What no text holds: control characters but blanks, and code points that nobody has assigned. */
const IMPLAUSIBLE = /[[\p{Cc}\p{Cn}]--\s]/v;

/** Logs of terminals are UTF-8 with as many control characters; files with more of them are no text. */
const MOST_CONTROLS = 0.1;

/**
 * The text of a file as editors and spreadsheets save it: UTF-8, UTF-16 with or without a byte order mark, what the
 * file itself names (`label`, as in HTML), or Windows-1252. Rejects what is no text.
 */
export function decodeText(bytes: Uint8Array, label?: string): string {
  const text =
    decode(bytes, markedEncodingOf(bytes)) ??
    decode(bytes, utf16Of(bytes), isPlausible) ??
    decode(bytes, 'utf-8', isMostlyText) ??
    decode(bytes, label, isPlausible) ??
    decode(bytes, 'windows-1252', isPlausible);
  if (text === undefined) {
    throw new UnreadableDocument(
      'is neither text nor a document of a kind that can be read: save it as PDF, DOCX or text in UTF-8.',
      'unsupported_file',
    );
  }
  return text;
}

function decode(
  bytes: Uint8Array,
  encoding: string | undefined,
  accepts: (text: string) => boolean = () => true,
): string | undefined {
  if (!encoding) return undefined;
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return accepts(text) ? text : undefined;
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return undefined;
    throw error;
  }
}

function markedEncodingOf(bytes: Uint8Array): string | undefined {
  return BYTE_ORDER_MARKS.find(({ mark }) => mark.every((byte, at) => bytes[at] === byte))?.encoding;
}

/** In UTF-16 the line ends and blanks of any script have a zero, always on the same side. */
function utf16Of(bytes: Uint8Array): string | undefined {
  const zeros = [0, 0];
  const sample = bytes.subarray(0, SAMPLE);
  for (let at = sample.indexOf(0); at >= 0; at = sample.indexOf(0, at + 1)) zeros[at % 2] = 1;
  if (bytes.length % 2 === 1 || zeros[0] === zeros[1]) return undefined;
  return zeros[0] ? 'utf-16be' : 'utf-16le';
}

function isPlausible(text: string): boolean {
  return !IMPLAUSIBLE.test(text);
}

function isMostlyText(text: string): boolean {
  if (text.includes('\0')) return false;
  const sample = text.slice(0, SAMPLE);
  return [...sample.matchAll(/[\p{Cc}--\s]/gv)].length <= sample.length * MOST_CONTROLS;
}

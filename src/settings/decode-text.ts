import type { Checked } from './checked.ts';

/** How the beginning of a file tells its encoding: https://www.unicode.org/faq/utf_bom.html#bom4 */
const BYTE_ORDER_MARKS = [
  { encoding: 'utf-8', mark: [0xef, 0xbb, 0xbf] },
  { encoding: 'utf-16le', mark: [0xff, 0xfe] },
  { encoding: 'utf-16be', mark: [0xfe, 0xff] },
];

/**
 * The text of a file as editors save it, those of Windows included: UTF-8 or UTF-16, with or without a byte order mark,
 * which is left out. The mistake goes on after the file's name.
 */
export function decodeText(bytes: Uint8Array): Checked<string> {
  try {
    const text = new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
    // Every encoding that was not understood leaves them, and no text that a person wrote holds any.
    if (!text.includes('\0')) return { value: text };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  return { mistakes: ['is not in UTF-8: save it again in that encoding.'] };
}

function encodingOf(bytes: Uint8Array): string {
  const marked = BYTE_ORDER_MARKS.find(({ mark }) => mark.every((byte, at) => bytes[at] === byte));
  return marked?.encoding ?? unmarkedEncodingOf(bytes);
}

/** These files begin with a letter, `#` or `-`, one byte of whose two is zero in UTF-16. */
function unmarkedEncodingOf([first, second]: Uint8Array): string {
  if (first === 0 && second !== 0) return 'utf-16be';
  if (first !== 0 && second === 0) return 'utf-16le';
  return 'utf-8';
}

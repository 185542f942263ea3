/**
 * The character maps that PDFs in Chinese, Japanese and Korean name without bringing them, made from the encodings that
 * the runtime knows. A font leads from codes to glyph numbers by one map, and from these to Unicode by a second one, so
 * both agree on numbers of ours: they lie above all of Adobe's, of which nothing is known here.
 *
 * @see https://adobe-type-tools.github.io/cmap-resources/ for the names
 */

type Collection = 'Japan1' | 'GB1' | 'CNS1' | 'Korea1';

/** How a map's codes are written: as the encoding has them, with seven bits a byte, or as UTF-16. */
type Form = 'bytes' | 'seven bits' | 'utf-16';

interface Encoding {
  readonly name: RegExp;
  readonly collection: Collection;
  readonly form: Form;
}

/** For each collection the encoding that has its characters. */
const CHARSETS: Readonly<Record<Collection, string>> = {
  Japan1: 'shift_jis',
  GB1: 'gbk',
  CNS1: 'big5',
  Korea1: 'euc-kr',
};

/** In which encoding a map's codes are, where it is not the one of its collection. */
const EUC_JAPAN = 'euc-jp';

const ENCODINGS: readonly Encoding[] = [
  { name: /^\w+-RKSJ-[HV]$/, collection: 'Japan1', form: 'bytes' },
  { name: /^(78-)?EUC-[HV]$/, collection: 'Japan1', form: 'bytes' },
  { name: /^((78|Add|Ext|NWP)-)?[HV]$/, collection: 'Japan1', form: 'seven bits' },
  { name: /^Uni(JIS|JISX|JISPro)\d*-(UCS2|UTF16)(-HW)?-[HV]$/, collection: 'Japan1', form: 'utf-16' },
  { name: /^(GB|GBpc|GBK|GBKp)-EUC-[HV]$|^GBK2K-[HV]$/, collection: 'GB1', form: 'bytes' },
  { name: /^GB-[HV]$/, collection: 'GB1', form: 'seven bits' },
  { name: /^UniGB-(UCS2|UTF16)-[HV]$/, collection: 'GB1', form: 'utf-16' },
  { name: /^(B5pc|(HKscs|ETen|ETenms)-B5)-[HV]$/, collection: 'CNS1', form: 'bytes' },
  { name: /^UniCNS-(UCS2|UTF16)-[HV]$/, collection: 'CNS1', form: 'utf-16' },
  { name: /^KSC(pc)?-EUC-[HV]$|^KSCms-UHC(-HW)?-[HV]$/, collection: 'Korea1', form: 'bytes' },
  { name: /^KSC-[HV]$/, collection: 'Korea1', form: 'seven bits' },
  { name: /^UniKS-(UCS2|UTF16)-[HV]$/, collection: 'Korea1', form: 'utf-16' },
];

/** The second map of a font. */
const TO_UNICODE = /^Adobe-(Japan1|GB1|CNS1|Korea1)-UCS2$/;

/** Adobe's numbers are smaller; all are below 65,536. */
const FIRST_NUMBER = 0x8000;

/** What stands for a glyph of which only Adobe's number is known. */
export const UNKNOWN = '\ufffd';

/** Unicode's Korean syllables. */
const HANGUL = { first: 0xac00, count: 11_172 };

interface Code {
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** The map of this name as text, or undefined where the runtime knows no encoding for it. */
export function characterMap(name: string): string | undefined {
  const [, collection] = TO_UNICODE.exec(name) ?? [];
  if (collection) return toUnicode(numbersOf(collection as Collection));
  const encoding = ENCODINGS.find((one) => one.name.test(name));
  if (!encoding) return undefined;
  const numbers = numbersOf(encoding.collection);
  return fromCodes(name, codesOf(name, encoding, numbers), numbers);
}

function codesOf(name: string, { collection, form }: Encoding, numbers: ReadonlyMap<string, number>): Code[] {
  if (form === 'utf-16')
    return [...numbers.keys()]
      .filter((text) => text.length === 1)
      .map((text) => ({ bytes: Buffer.from(text, 'utf16le').swap16(), text }));
  const isEucJapan = collection === 'Japan1' && !name.includes('RKSJ');
  const codes = charactersOf(isEucJapan ? EUC_JAPAN : CHARSETS[collection]);
  if (form === 'bytes') return codes;
  return codes
    .filter(({ bytes }) => bytes.length === 2 && bytes.every((byte) => byte > 0xa0))
    .map(({ bytes, text }) => ({ bytes: bytes.map((byte) => byte & 0x7f), text }));
}

function numbersOf(collection: Collection): Map<string, number> {
  const texts = new Set(charactersOf(CHARSETS[collection]).map(({ text }) => text));
  return new Map([...texts].map((text, at) => [text, FIRST_NUMBER + at]));
}

/** What each code of one or two bytes means. */
function charactersOf(charset: string): Code[] {
  const decoder = new TextDecoder(charset);
  const decode = (...bytes: number[]): Code[] => {
    const text = decoder.decode(Uint8Array.from(bytes));
    const isCharacter = [...text].length === 1 && text !== UNKNOWN && !/[\u0080-\u009f]/.test(text);
    return isCharacter ? [{ bytes: Uint8Array.from(bytes), text }] : [];
  };
  const codes = eachByte(0, 0xff, (lead) => {
    const single = decode(lead);
    return single.length > 0 ? single : eachByte(0, 0xff, (trail) => decode(lead, trail));
  });
  return charset === CHARSETS.Korea1 ? [...codes, ...furtherHangul(codes)] : codes;
}

/**
 * The syllables that Windows adds to the standard of Korea, which the runtime knows alone: all others, in Unicode's
 * order, at the codes that the standard leaves free.
 */
function furtherHangul(standard: readonly Code[]): Code[] {
  const known = new Set(standard.map(({ text }) => text));
  const free = eachByte(0x81, 0xc6, (lead) => {
    const trails = [...eachByte(0x41, 0x5a, of), ...eachByte(0x61, 0x7a, of), ...eachByte(0x81, 0xfe, of)];
    return trails.filter((trail) => lead < 0xa1 || trail < 0xa1).map((trail) => Uint8Array.of(lead, trail));
  });
  return Array.from({ length: HANGUL.count }, (_, at) => String.fromCharCode(HANGUL.first + at))
    .filter((text) => !known.has(text))
    .flatMap((text, at) => (free[at] ? [{ bytes: free[at], text }] : []));
}

const of = (byte: number) => [byte];

function eachByte<T>(first: number, last: number, make: (byte: number) => T[]): T[] {
  return Array.from({ length: last - first + 1 }, (_, at) => make(first + at)).flat();
}

function fromCodes(name: string, codes: readonly Code[], numbers: ReadonlyMap<string, number>): string {
  const lines = codes.flatMap(({ bytes, text }) => {
    const number = numbers.get(text);
    return number === undefined ? [] : [`${hex(bytes)} ${number}`];
  });
  const mode = name.endsWith('V') ? 1 : 0;
  return [
    `/WMode ${mode} def`,
    section('codespacerange', ranges(codes)),
    section('cidchar', lines),
    'endcmap',
  ].join('\n');
}

/** The codes of each first byte as one range, from which a reader knows how long a code is. */
function ranges(codes: readonly Code[]): string[] {
  const byLead = Map.groupBy(codes, ({ bytes }) => `${bytes.length} ${bytes[0]}`);
  return [...byLead.values()].map((those) => {
    const sorted = those.map(({ bytes }) => hex(bytes)).sort();
    return `${sorted[0]} ${sorted.at(-1)}`;
  });
}

function toUnicode(numbers: ReadonlyMap<string, number>): string {
  const adobes = Array.from(
    { length: FIRST_NUMBER },
    (_, number) => `${hexNumber(number)} ${utf16(UNKNOWN)}`,
  );
  const ours = [...numbers].map(([text, number]) => `${hexNumber(number)} ${utf16(text)}`);
  return [
    section('codespacerange', ['<0000> <ffff>']),
    section('bfchar', [...adobes, ...ours]),
    'endcmap',
  ].join('\n');
}

function section(name: string, lines: readonly string[]): string {
  return `${lines.length} begin${name}\n${lines.join('\n')}\nend${name}`;
}

const hex = (bytes: Uint8Array) => `<${Buffer.from(bytes).toString('hex')}>`;
const hexNumber = (number: number) => `<${number.toString(16).padStart(4, '0')}>`;
const utf16 = (text: string) => hex(Buffer.from(text, 'utf16le').swap16());

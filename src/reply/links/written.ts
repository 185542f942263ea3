/** How addresses are written in text, as far as a chat platform might make a link of them. */

/** What may stand between the signs of an address without ending it for every reader: nothing that is seen. */
const NOTHING = String.raw`[\\\p{Default_Ignorable_Code_Point}]{0,8}`;
/** `://`, also with what escapes it in Markdown. */
const SLASHES = `${NOTHING}:${NOTHING}/${NOTHING}/`;
const REST = '[^\\s<>|]*';
const LETTER = String.raw`[\p{L}\p{N}_-]`;
/**
 * What browsers take for the dot of a host. The ideographic ones end sentences where no Latin letters are around them, and
 * such text has no spaces: all of it would be one host.
 */
const DOT = String.raw`(?:\\?\.|(?<=[a-z\d-])[\u3002\uff0e\uff61](?=[a-z\d]))`;

/** Programs that an address opens without any slashes. */
const PROGRAMS = 'mailto|tel|sms|xmpp|skype|callto|facetime';

const ANY_SCHEME = new RegExp(`${SLASHES}|(?:${PROGRAMS})${NOTHING}:`, 'iu');

/** All begin where what they begin with can begin: no letter is looked at twice. */
export const OF_THE_WEB = `(?<![a-z\\d+.-])https?${SLASHES}${REST}`;
/** Other schemes, and those in the midst of other letters. */
export const OTHER_SCHEME = `(?:[a-z\\d+.-]${SLASHES}|(?:${PROGRAMS})${NOTHING}:)${REST}`;
/** A host alone or with a path, and an email address. */
export const NAME = `(?<!${LETTER})(?:[\\p{L}\\p{N}_][\\p{L}\\p{N}_.+-]{0,63}@)?${LETTER}+(?:${DOT}${LETTER}+)+(?:${SLASHES}${REST}|(?<=${PROGRAMS}):${REST}|(?::\\d+)?(?:[/?#]${REST})?)`;
/** Invitations, which Discord knows without a scheme, too. */
export const INVITATION = `discord(?:app)?\\.(?:gg|com|gift|me|new)/${REST}`;

/** At the end of a text: what may become an address of the web. */
const BEGUN_WEB = `(?<![a-z\\d+.-])(?:h(?:t(?:tp?)?)?|https?${NOTHING}(?::(?:${NOTHING}/)?${NOTHING})?)$`;
/** What may go on as one with another scheme, from where a link is prevented. */
const BEGUN_SCHEME = `(?<=[a-z\\d+.-]${NOTHING}:)${NOTHING}/${NOTHING}$`;
/** The signs before which the beginning of a name may be shown. */
const FIRST_DOT = new RegExp(DOT, 'iu');

export const BEGUN = `${BEGUN_WEB}|${BEGUN_SCHEME}`;

/** More of one word than of any address's beginning. */
const LONGEST_BEGINNING = 80;

/** Whether what stands at a line's end, behind what may be an address, may make another one of it. */
export function mayGoOn(rest: string): boolean {
  return rest.length <= LONGEST_BEGINNING && !/\s/.test(rest);
}

/** What stands at the end of an address without being meant as a part of it. */
const CLOSING = String.raw`[.,:;!?'"*_~)\]}»”’…。，、）」』】]`;
const AFTER = new RegExp(`${CLOSING}$`);
const TO_END = new RegExp(`^${CLOSING}*(?:\\s|$)`);

/** Whether nothing follows an address in its word but what closes something. */
export function isLastInWord(rest: string): boolean {
  return TO_END.test(rest);
}

/** An address as it stands in a text, with what follows it in the same word, from the longest to the shortest. */
export function* readings(word: string): Generator<string> {
  let address = word;
  yield address;
  while (AFTER.test(address)) {
    address = address.slice(0, -1);
    yield address;
  }
}

/** The shortest of these, but for a bracket that closes one in it. */
export function bareAddress(word: string): string {
  let address = word;
  while (AFTER.test(address) && !(address.endsWith(')') && count(address, '(') >= count(address, ')')))
    address = address.slice(0, -1);
  return address;
}

function count(text: string, sign: string): number {
  return text.split(sign).length - 1;
}

/** Kinds of files and parts of their names which are no top-level domains, so that no platform makes a link of them. */
const KINDS: ReadonlySet<string> = new Set(
  (
    'js ts jsx tsx mjs cjs mts cts json jsonl yaml yml toml ini cfg conf env lock txt csv tsv log sql html htm xhtml css scss ' +
    'less svg png jpg jpeg gif webp bmp ico tif tiff pdf doc docx xls xlsx ppt pptx odt ods odp rtf xml xsd wasm exe dll msi ' +
    'deb rpm jar war gz tgz bz xz rar tar iso vue svelte php java kt swift go rb cpp hpp ipynb sqlite eml ics vcf pem crt ' +
    'csr key config test spec min bak tmp'
  ).split(' '),
);

/** What a label of a host begins with that may be a top-level domain; behind an @ some platforms ask for less. */
const TOP_LEVEL = { host: /^(?:xn--|\p{L}{2})/u, email: /^[\p{L}_-]/u };
const USER = /^[^/?#@:]*@/;

/** Whether some platform may take a dotted word for a host. */
export function mayBeHost(word: string): boolean {
  const [, host = ''] = /^([^/?#:]*)/.exec(word.replace(USER, '')) ?? [];
  const [, ...labels] = host.toLowerCase().split(/[.\u3002\uff0e\uff61]/);
  const topLevel = TOP_LEVEL[USER.test(word) ? 'email' : 'host'];
  return labels.some((label) => topLevel.test(label) && !KINDS.has(label));
}

/** Whether there is a scheme in a word that is no host. */
export function hasScheme(word: string): boolean {
  return ANY_SCHEME.test(word);
}

/** Where in a dotted word a link is prevented, behind its first dot: what comes before it stays as it is. */
export function afterFirstDot(word: string): number {
  const { 0: { length } = '', index = 0 } = FIRST_DOT.exec(word) ?? {};
  return index + length;
}

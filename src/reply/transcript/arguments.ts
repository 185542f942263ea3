/** A longer text among the arguments is cut in the middle, in UTF-16 code units: that there is more is told. */
const LONGEST_TEXT = 800;

/** The same of all arguments together, which a person is to look through. */
const LONGEST = 4_000;

/** Of what is cut in the middle, this share of what is shown is its beginning. */
const HEAD = 2 / 3;

/** What is not seen, or turns the direction of what is: shown as it would be written in code. */
const UNSEEN = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu;

/**
 * The arguments of a call as a person can check them: every name and the whole of every value, unless it is very long, and
 * nothing that hides or reorders what stands there. Empty where there are none.
 * @param json As the model has written them; what is no JSON is shown as it is.
 */
export function readableArguments(json: string): string {
  const args = parsed(json);
  const text = typeof args === 'string' ? args : JSON.stringify(args, shortened, 2);
  return text === '{}' || text.trim() === ''
    ? ''
    : cut(text.toWellFormed().replace(UNSEEN, asEscape), LONGEST);
}

/** Some models write JSON as a text in JSON. */
function parsed(json: string, isInner = false): unknown {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'string' && !isInner ? parsed(value, true) : value;
  } catch {
    return json;
  }
}

function shortened(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? cut(value, LONGEST_TEXT) : value;
}

function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const head = whole(text.slice(0, Math.floor(longest * HEAD)));
  const tail = whole(text.slice(text.length - Math.floor(longest * (1 - HEAD))));
  const more = (text.length - head.length - tail.length).toLocaleString('en');
  return `${head} […${more} more characters…] ${tail}`;
}

/** Without half a character at its ends. */
function whole(text: string): string {
  return text.replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, '');
}

function asEscape(character: string): string {
  return [...Array(character.length).keys()]
    .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
    .join('');
}

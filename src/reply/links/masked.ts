/** A link whose text is not its address, or an image. */
export interface Link {
  readonly isImage: boolean;
  readonly text: string;
  readonly target: string;
  /** Where in the line the bracket with its address begins, and where it ends. */
  readonly opening: number;
  readonly end: number;
}

/** Links with a longer text or address are none: what waits for their end is not shown meanwhile. */
const LONGEST_TEXT = 300;
const LONGEST_TARGET = 2_000;

/** `(address "title")`, the address in angle brackets or without spaces. */
const TARGET =
  /\(\s*(?:<([^<>]*)>|((?:\\.|[^\s()\\]|\((?:\\.|[^\s()\\]|\([^\s()]*\))*\))*))(?:\s+(?:"[^"]*"|'[^']*'|\([^()]*\)))?\s*\)/y;

/** Where definitions of links may stand: behind nothing but the marks of quotes and lists. */
const BEFORE_DEFINITION = /^[\s>*+\d.)-]*$/;
const DEFINED = /:\s*(?:<([^<>]*)>|(\S+))/y;

/** The link that begins at a bracket; `begun` where its end may come yet, undefined where none begins. */
export function linkAt(line: string, at: number): Link | 'begun' | undefined {
  const link = bracketsAt(line, at);
  return typeof link === 'object' && !link.isImage && hasLink(link.text) ? undefined : link;
}

/** What looks like a link by itself, whatever stands in its text. */
function bracketsAt(line: string, at: number): Link | 'begun' | undefined {
  const isImage = line[at] === '!';
  const start = at + (isImage ? 2 : 1);
  const close = closingBracket(line, start);
  if (close === undefined) return line.length - start <= LONGEST_TEXT ? 'begun' : undefined;
  if (close + 1 === line.length) return 'begun';
  if (line[close + 1] !== '(') return undefined;
  TARGET.lastIndex = close + 1;
  const match = TARGET.exec(line);
  if (!match) return line.length - close <= LONGEST_TARGET ? 'begun' : undefined;
  const [whole, inBrackets, bare = ''] = match;
  if (whole.length > LONGEST_TARGET) return undefined;
  const opening = close + 1;
  return {
    isImage,
    text: line.slice(start, close),
    target: inBrackets ?? bare,
    opening,
    end: opening + whole.length,
  };
}

/** A link with another one in its text is none itself, only the innermost: https://spec.commonmark.org/0.31.2/#links */
function hasLink(text: string): boolean {
  return Array.from(text.matchAll(/(?<!!)\[/g)).some(
    ({ index }) => typeof bracketsAt(text, index) === 'object',
  );
}

/** What a link may be defined as elsewhere in a text: `[label]: address`. */
export interface Definition {
  readonly label: string;
  /** Where its colon is. */
  readonly colon: number;
  readonly target: string;
  /** Where its address ends. */
  readonly end: number;
}

export function definitionAt(line: string, at: number): Definition | undefined {
  if (!BEFORE_DEFINITION.test(line.slice(0, at))) return undefined;
  const close = closingBracket(line, at + 1);
  if (close === undefined || line[close + 1] !== ':') return undefined;
  DEFINED.lastIndex = close + 1;
  const [whole = ':', inBrackets, bare = ''] = DEFINED.exec(line) ?? [];
  const label = line.slice(at + 1, close);
  return { label, colon: close + 1, target: inBrackets ?? bare, end: close + 1 + whole.length };
}

function closingBracket(line: string, start: number): number | undefined {
  let depth = 1;
  const end = Math.min(line.length, start + LONGEST_TEXT + 1);
  for (let at = start; at < end; at++) {
    if (line[at] === '\\') at++;
    else if (line[at] === '[') depth++;
    else if (line[at] === ']' && --depth === 0) return at;
  }
  return undefined;
}

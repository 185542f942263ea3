import { reach } from './tokens.ts';

/** Where people would rather see a text cut, the best first; each is cut behind its match. */
const BOUNDARIES = [/\n\s*\n/g, /\n/g, /[.!?]["')\]]*\s|[。！？]/g, /\s/g];

/** How much of the room a piece must fill before a better boundary counts for more than a fuller piece. */
const LEAST_FILL = 0.5;

/** How many characters behind a place decide whether a grapheme goes on there. */
const LOOKAHEAD = 8;

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * Where the piece of a text that begins at a place ends: with at most so many quarters of a token, behind a paragraph,
 * line, sentence or word where there is one in its second half, and never in a grapheme that fits by itself.
 */
export function cut(text: string, from: number, quarters: number): number {
  const furthest = reach(text, from, quarters);
  if (furthest === text.length) return furthest;
  const least = from + Math.floor((furthest - from) * LEAST_FILL);
  for (const boundary of BOUNDARIES) {
    const end = lastMatchEnd(text.slice(least, furthest), boundary);
    if (end > 0 && graphemeStart(text, from, least + end) === least + end) return least + end;
  }
  return graphemeStart(text, from, furthest);
}

/**
 * The beginning of the grapheme that goes on at a place, if it isn't `from`: such a long one is cut, only not in a
 * character. `from` is the beginning of a grapheme itself.
 */
export function graphemeStart(text: string, from: number, at: number): number {
  if (at >= text.length) return text.length;
  const segment = graphemes.segment(text.slice(from, at + LOOKAHEAD)).containing(at - from);
  const start = from + (segment?.index ?? 0);
  if (start > from) return start;
  return at - from > 1 && isLowSurrogate(text, at) ? at - 1 : at;
}

/** The place itself, or the end of the grapheme that goes on there. */
export function graphemeEnd(text: string, from: number, at: number): number {
  const start = graphemeStart(text, from, at);
  if (start === at || at >= text.length) return at;
  const segment = graphemes
    .segment(text.slice(from, from + (at - from) * 2 + LOOKAHEAD))
    .containing(at - from);
  return segment ? from + segment.index + segment.segment.length : at;
}

function lastMatchEnd(text: string, pattern: RegExp): number {
  let end = 0;
  for (const match of text.matchAll(pattern)) end = match.index + match[0].length;
  return end;
}

function isLowSurrogate(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xdc00;
}

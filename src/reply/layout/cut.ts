import type { Block, LineKind } from './block.ts';

/** A place between two lines where a part could end. */
export interface Break {
  at: number;
  rank: number;
}

/** Where the lines of a part end for lack of room. */
export interface Overflow {
  /** Where the line that did not fit starts, and what it is. */
  start: number;
  line: LineKind;
  /** How far it would have fitted. */
  end: number;
  /** The block before that line. */
  block: Block;
  /** The places before it. */
  breaks: readonly Break[];
}

const PARAGRAPH = 4;
const ITEM = 3;
const LINE = 2;
const INSIDE_ITEM = 1;
/** A heading would be left alone. */
const STRANDED = 0;

/** How good it is to cut between two lines, `before` and `after` them; undefined where it does harm. */
export function rankOf(before: Block, after: Block, lastInk: LineKind): number | undefined {
  if (after.line === 'fence-closing' || after.line === 'table-delimiter' || after.line === 'blank')
    return undefined;
  if (before.line === 'fence-opening' || before.line === 'table-delimiter') return undefined;
  if (before.fence && after.fence) return before.line === 'blank' ? ITEM : LINE;
  if (lastInk === 'heading') return STRANDED;
  if (after.line === 'item') return after.containers.length === 1 ? ITEM : LINE;
  if (after.containers.length > 0) return INSIDE_ITEM;
  if (before.line === 'blank' || after.line === 'heading') return PARAGRAPH;
  return after.line === 'fence-opening' ? ITEM : LINE;
}

/** Ends of sentences, with the space after them. */
const SENTENCE = /(?:[.!?…]["'”’)\]*_]*\s+|[。！？]["'”’」』)]*)(?=[^\s\p{M}])/gu;
const SPACE = /(?<=\S)\s+(?=[^\s\p{M}])/gu;
/** Links, whole or with their end still to come, and what is kept from being one; longer ones may be cut. */
const LINK = /\\?<[^\s<>]{1,2000}(?:>|$)|!?\[[^[\]]{0,300}(?:\](?:\([^()]{0,600}(?:\)|$))?|$)/g;

/** Longer code than this may be cut, its marks included. */
const MAX_CODE = 302;

/** What a part can begin with before its first word. */
const MARKERS = /^[\s>+*.)\d-]*/;

/** How far the beginning of a character made of many code points is looked for. */
const MAX_CLUSTER = 200;

const graphemes = new Intl.Segmenter();

/** The best place to end a part that starts at `from`: after it, and not after the overflow's end. */
export function bestCut(text: string, from: number, overflow: Overflow): number {
  const { start, end, block, breaks } = overflow;
  const least = from + (MARKERS.exec(text.slice(from))?.[0].length ?? 0) + 1;
  const half = Math.max(least, from + (end - from) / 2);
  const isRow = overflow.line === 'table-row' || overflow.line === 'item';
  const line = text.slice(start, end + 1);
  const spans = block.fence ? [] : spansOf(line);
  return (
    best(breaks.filter(({ at, rank }) => at >= half && rank > INSIDE_ITEM)) ??
    (isRow ? best(breaks.filter(({ rank }) => rank >= LINE)) : undefined) ??
    cutInLine(line, start, Math.max(half, start + 1), block, spans) ??
    best(breaks.filter(({ rank }) => rank > STRANDED)) ??
    cutInLine(line, start, least, block, spans) ??
    cutAnywhere(text, from, start + beforeSpans(spans, least - start, end - start))
  );
}

function best(breaks: readonly Break[]): number | undefined {
  const rank = Math.max(...breaks.map((place) => place.rank));
  return breaks.findLast((place) => place.rank === rank)?.at;
}

/** After a sentence, else at a space, else before a code span or link that would be cut; not before `least`. */
function cutInLine(
  line: string,
  start: number,
  least: number,
  block: Block,
  spans: Span[],
): number | undefined {
  const cutsSpan = (at: number) => spans.some((span) => span.start < at && at < span.end);
  const last = (pattern: RegExp) =>
    line
      .matchAll(pattern)
      .map((match) => match.index + match[0].length)
      .filter((at) => start + at >= least && at < line.length && !cutsSpan(at))
      .reduce<number | undefined>((_, at) => at, undefined);
  const across = spans.filter((span) => span.end >= line.length && start + span.start >= least);
  const span = across.map((one) => one.start).findLast((at) => !cutsSpan(at));
  const at = (block.fence ? undefined : last(SENTENCE)) ?? last(SPACE) ?? span;
  return at === undefined ? undefined : start + at;
}

interface Span {
  start: number;
  end: number;
}

function spansOf(line: string): Span[] {
  const code = codeIn(line);
  const closed = code.filter(({ end }) => end <= line.length);
  const isText = ({ start }: Span) => !closed.some((span) => span.start < start && start < span.end);
  return [...code, ...Array.from(line.matchAll(LINK), spanOf).filter(isText)];
}

/** Code spans; one that is not closed up to the line's end may be closed behind it. */
function codeIn(line: string): Span[] {
  const runs = Array.from(line.matchAll(/`+/g), spanOf);
  const spans: Span[] = [];
  for (let at = 0; at < runs.length; at++) {
    const { start, end } = runs[at] ?? { start: 0, end: 0 };
    const length = end - start;
    const closing = runs.findIndex((run, later) => later > at && run.end - run.start === length);
    const code = { start, end: runs[closing]?.end ?? line.length + length };
    if (code.end - start <= MAX_CODE) spans.push(code);
    if (closing > at) at = closing;
  }
  return spans;
}

function spanOf({ 0: { length }, index }: RegExpMatchArray & { index: number }): Span {
  return { start: index, end: index + length };
}

/**
 * The end, or the start of the code or link that stands across it: what is kept from being an address as code, or has its
 * end in a link, must not be cut out of it. No part ends before `least`.
 */
function beforeSpans(spans: readonly Span[], least: number, end: number): number {
  for (let at = end; ; ) {
    const across = spans.find((span) => span.start < at && at < span.end && span.start >= least);
    if (!across) return at;
    at = across.start;
  }
}

/** At the end, or before the character that stands across it. */
function cutAnywhere(text: string, from: number, end: number): number {
  const low = Math.max(from, end - MAX_CLUSTER);
  const cluster = graphemes.segment(text.slice(low, endOfCharacter(text, end))).containing(end - low);
  if (cluster && cluster.index > 0) return low + cluster.index;
  return isInsidePair(text, end) && end - 1 > from ? end - 1 : end;
}

/** The position after the code point at `at`. */
export function endOfCharacter(text: string, at: number): number {
  return at + ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
}

function isInsidePair(text: string, at: number): boolean {
  return (text.codePointAt(at - 1) ?? 0) > 0xffff;
}

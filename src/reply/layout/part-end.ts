import type { Limits } from '../../view.ts';
import { type Block, lastLineStart, linesOf, START, type Step, step, stepsOf } from './block.ts';
import { type Break, bestCut, endOfCharacter, rankOf } from './cut.ts';
import { PartLength } from './part-length.ts';

/** White space before a part's first line that may be indentation; more of it goes to the part before. */
const MAX_INDENT = 40;

const INK = /\S/g;
const IN_FENCE = /[ \t>]*(.)/y;
const INDENT = /^[\s>]*$/;
const HALF_CLOSING = /^[\s>]*(?:`+|~+)\s*$/;

/** What a part holds: its lines, the opening's first, and where in the Markdown it ends. */
export interface Extent {
  readonly steps: readonly Step[];
  readonly end: number;
}

/**
 * What the part holds that starts at `from` after an opening; undefined if its first line has no room below that. A
 * part is full at the first character that does not fit, and what comes after that has no say: so it stays as it is
 * when the Markdown grows.
 */
export function extentOf(
  markdown: string,
  from: number,
  opening: string,
  limits: Limits,
): Extent | undefined {
  const text =
    opening + markdown.slice(from, endOfWindow(markdown, from + limits.characters - opening.length));
  const partLength = new PartLength(limits);
  const steps: Step[] = [];
  const breaks: Break[] = [];
  let before = START;
  let lastInk: Block | undefined;
  let isHalfClosed = false;
  let start = 0;
  for (const line of linesOf(text)) {
    const after = step(before, line);
    const ink = line.trimEnd();
    const { length } = ink;
    const fits = withoutIndent(ink, partLength.take(before, after, line, ink));
    const seen = fits < length ? firstSeen(before, after, text, start, fits) : after;
    const rank = lastInk && length > 0 && !isHalfClosed ? rankOf(before, seen, lastInk.line) : undefined;
    if (rank !== undefined) breaks.push({ at: start, rank });
    if (fits < length) {
      const end = Math.max(start + fits, opening.length + 1);
      if (start + fits <= opening.length && opening !== '') return undefined;
      const cut = bestCut(text, opening.length, { start, line: seen.line, end, block: before, breaks });
      const partsEnd = afterSpace(markdown, from + cut - opening.length);
      const body = opening + markdown.slice(from, partsEnd);
      return { steps: upTo(cut, steps, body), end: partsEnd };
    }
    steps.push({ line, before, after });
    start += line.length;
    before = after;
    // After backticks alone the part's closing would be taken for their rest.
    if (length > 0) isHalfClosed = after.fence !== undefined && HALF_CLOSING.test(line);
    if (length > 0 && start > opening.length) lastInk = after;
  }
  return { steps, end: markdown.length };
}

/** Of a line nothing fits where only its indentation or its quotes' marks do: without them the rest is something else. */
function withoutIndent(ink: string, fits: number): number {
  return fits < ink.length && INDENT.test(ink.slice(0, fits)) ? 0 : fits;
}

/** The steps of a body that was cut: those before the cut are known. */
function upTo(cut: number, known: readonly Step[], body: string): Step[] {
  const steps: Step[] = [];
  let at = 0;
  for (const step of known) {
    if (at + step.line.length > cut) break;
    steps.push(step);
    at += step.line.length;
  }
  return [...steps, ...stepsOf(body.slice(at), steps.at(-1)?.after)];
}

/** What the line that did not fit was when that was first seen. */
function firstSeen(before: Block, after: Block, text: string, start: number, fits: number): Block {
  if (fits > 0) return step(before, text.slice(start, endOfCharacter(text, start + fits)));
  const { fence } = before;
  if (fence) return { ...before, line: mayClose(text, start, fence.marker) ? 'fence-closing' : 'code' };
  return before.table === undefined ? after : { ...before, line: 'table-row' };
}

/** Whether a line's first ink, quotes' marks aside, begins to close a fence. */
function mayClose(text: string, start: number, marker: string): boolean {
  IN_FENCE.lastIndex = start;
  return IN_FENCE.exec(text)?.[1] === marker[0];
}

/** The position after the first ink at or after `at`: nothing behind it is needed to see that something is too long. */
function endOfWindow(markdown: string, at: number): number {
  INK.lastIndex = at;
  const ink = INK.exec(markdown)?.index;
  return ink === undefined ? markdown.length : endOfCharacter(markdown, ink);
}

/** Where a part starts after a cut: at ink, or at the indentation before it. */
export function afterSpace(markdown: string, cut: number): number {
  INK.lastIndex = cut;
  const ink = INK.exec(markdown)?.index ?? markdown.length;
  const space = markdown.slice(cut, ink);
  const indent = space.length - lastLineStart(space);
  const isLineStart = cut === 0 || indent < space.length || /[\r\n]/.test(markdown[cut - 1] ?? '');
  return isLineStart && indent <= MAX_INDENT ? ink - indent : ink;
}

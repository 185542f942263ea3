import type { Limits, Part } from '../../view.ts';
import { type Block, closingOf, lastLineStart, START, type Step, scan, step, stepsOf } from './block.ts';
import { display } from './display.ts';
import { Outline } from './outline.ts';
import { bodyOf } from './part.ts';
import { afterSpace, type Extent, extentOf } from './part-end.ts';
import { isTooLong } from './part-length.ts';

/** Of a part at most this share is used to repeat a table's header. */
const MAX_HEADER_SHARE = 1 / 4;
/** Stands between the start of a part and what would make a fence of it or end one, though it began in a line. */
const ZERO_WIDTH_SPACE = '\u200b';
/** Makes code of what goes on with indented code. */
const INDENT = '    ';

/**
 * Lays a reply out in parts that each fit into a message and stand alone: what is open at a part's end is closed and
 * opened again. The sources join to the Markdown; Markdown of nothing but white space has no parts. As the Markdown
 * grows at its end, a part that has a successor never changes again: so `before`, the parts of an earlier state, saves
 * laying those out again and does not change the result.
 */
export function layout(markdown: string, limits: Limits, before: readonly Part[] = []): Part[] {
  const parts = stillTrue(markdown, before);
  const outline = new Outline(markdown);
  let start = startAfter(parts, markdown);
  while (markdown.slice(start.at).trim() !== '') {
    const { part, next } = nextPart(start, limits, outline);
    parts.push(part);
    start = next;
  }
  return parts;
}

/** The parts that have a successor, as far as the Markdown still begins with them. */
function stillTrue(markdown: string, before: readonly Part[]): Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const part of before.slice(0, -1)) {
    const end = at + part.source.length;
    // Quicker than `startsWith`, which looks at one character after the other.
    if (markdown.slice(at, end) !== part.source) break;
    parts.push(part);
    at = end;
  }
  return parts;
}

/** Where a part starts, white space before the first one aside. */
interface Start {
  readonly at: number;
  /** Where the line starts in which that is. */
  readonly line: number;
  /** Where a scanner of the part before stands at its end; undefined for the first part. */
  readonly open?: Block;
}

function startAfter(parts: readonly Part[], markdown: string): Start {
  const first = afterSpace(markdown, 0);
  const last = parts.at(-1);
  if (!last) return { at: first, line: lastLineStart(markdown.slice(0, first)) };
  const at = parts.reduce((sum, part) => sum + part.source.length, 0);
  return { at, line: lastLineStart(markdown.slice(0, at)), open: scan(bodyOf(last)) };
}

function nextPart(start: Start, limits: Limits, outline: Outline): { part: Part; next: Start } {
  const { markdown } = outline;
  const isCode = limits.fences === 'backticks' && outline.isIndentedCode(start.line);
  const { opening, steps, end } = contentAt(start, isCode, limits, outline);
  const source = markdown.slice(start.open ? start.at : 0, end);
  const line = lastLineStart(markdown.slice(start.at, end));
  return {
    part: partOf(opening, source, steps, limits, limits.fences === 'backticks' && !isCode),
    next: {
      at: end,
      line: line > 0 ? start.at + line : start.line,
      open: steps.at(-1)?.after ?? START,
    },
  };
}

function contentAt(
  start: Start,
  isCode: boolean,
  limits: Limits,
  outline: Outline,
): Extent & { opening: string } {
  const { at } = start;
  const { markdown } = outline;
  if (limits.characters === Number.POSITIVE_INFINITY)
    return { opening: '', steps: stepsOf(markdown.slice(at)), end: markdown.length };
  const line = outline.lineAt(at);
  const opening = openingOf(start, line, isCode, limits);
  const extent = extentOf(markdown, at, opening, limits);
  if (extent) return { opening, ...extent };
  // A row or a closing fence that has no room below what is opened again goes without it.
  const bare = openingOfFirst(line, limits);
  const rest = extentOf(markdown, at, bare, limits);
  return { opening: bare, steps: rest?.steps ?? [], end: rest?.end ?? markdown.length };
}

/** What opens again in a part that begins with a line what the part before left open. */
function openingOf(start: Start, line: string, isCode: boolean, limits: Limits): string {
  const { open } = start;
  if (!open) return openingOfFirst(line, limits);
  const { fence, table } = open;
  const isMidLine = start.line < start.at;
  const after = step(open, line);
  const goesOn = isMidLine || after.fence === fence || after.line === 'fence-closing';
  if (fence && goesOn)
    return `${fence.reopening}\n${isMidLine ? fence.prefix + guard(/^[`~ \t]/, line) : ''}`;
  if (isMidLine) return isCode ? INDENT : guard(/^[`~]/, line);
  const isShort = table !== undefined && table.length <= limits.characters * MAX_HEADER_SHARE;
  return isShort && after.line === 'table-row' ? table : openingOfFirst(line, limits);
}

/** The same where nothing is left open, at the start of a line. */
function openingOfFirst(line: string, limits: Limits): string {
  return isTooLong(step(START, line), limits.characters) ? ZERO_WIDTH_SPACE : '';
}

function guard(danger: RegExp, line: string): string {
  return danger.test(line) ? ZERO_WIDTH_SPACE : '';
}

function partOf(
  opening: string,
  source: string,
  steps: readonly Step[],
  limits: Limits,
  startsInList: boolean,
): Part {
  const last = steps.findLastIndex(({ line }) => line.trim() !== '');
  const { line, before } = steps[last] ?? { line: '', before: START };
  const ink = line.trimEnd();
  const end = closingOf(before, ink);
  const closing = /[\r\n]$/.test(source) ? end.replace(/^\n/, '') : end;
  const shown = [...steps.slice(0, last), ...stepsOf(ink + end, before)];
  return { opening, source, closing, text: display(shown, limits, startsInList) };
}

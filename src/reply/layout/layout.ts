import type { Limits, Part } from '../../platform.ts';
import { type Block, closingOf, lastLineStart, linesOf, START, scan, step } from './block.ts';
import { display } from './display.ts';
import { bodyOf } from './part.ts';
import { afterSpace, partEnd } from './part-end.ts';
import { isTooLong } from './part-length.ts';

/** Of a part at most this share is used to repeat a table's header. */
const MAX_HEADER_SHARE = 1 / 4;
/** Stands between the start of a part and what would make a fence of it or end one, though it began in a line. */
const ZERO_WIDTH_SPACE = '\u200b';
/** Makes code of what goes on with indented code. */
const INDENT = '    ';
const FENCE = /`{3}|~{3}/;
/** What a fence or a table, which a cut leaves open, cannot do without. */
const LEAVES_OPEN = /`{3}|~{3}|\|/;
/** So much of a line tells what it is. */
const LINE_START = 200;

/**
 * Lays a reply out in parts that each fit into a message and stand alone: what is open at a part's end is closed and
 * opened again. The sources join to the Markdown; Markdown of nothing but white space has no parts. As the Markdown
 * grows at its end, a part that has a successor never changes again: so `before`, the parts of an earlier state, saves
 * laying those out again and does not change the result.
 */
export function layout(markdown: string, limits: Limits, before: readonly Part[] = []): Part[] {
  const parts = stillTrue(markdown, before);
  let at = parts.reduce((sum, part) => sum + part.source.length, 0);
  while (at < markdown.length) {
    const part = nextPart(markdown, at, parts.at(-1), limits);
    if (part.source.trim() === '') break;
    parts.push(part);
    at += part.source.length;
  }
  return parts;
}

/** The parts that have a successor, as far as the Markdown still begins with them. */
function stillTrue(markdown: string, before: readonly Part[]): Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const part of before.slice(0, -1)) {
    if (!markdown.startsWith(part.source, at)) break;
    parts.push(part);
    at += part.source.length;
  }
  return parts;
}

function nextPart(markdown: string, at: number, previous: Part | undefined, limits: Limits): Part {
  if (limits.characters === Number.POSITIVE_INFINITY) return partOf('', markdown.slice(at), limits);
  const start = previous ? at : afterSpace(markdown, 0);
  const startsInList = limits.fences === 'backticks' && !isIndentedCode(markdown, start);
  const opening = openingAfter(previous, markdown, start, limits);
  const end = partEnd(markdown, start, opening, limits);
  if (end !== undefined) return partOf(opening, markdown.slice(at, end), limits, startsInList);
  // A row or a closing fence that has no room below what is opened again goes without it.
  const bare = openingAfter(undefined, markdown, start, limits);
  return partOf(bare, markdown.slice(at, partEnd(markdown, start, bare, limits)), limits, startsInList);
}

/**
 * Whether the line that goes on or begins at a position is indented code: alone it may look so although it belongs to a
 * list that began before.
 */
function isIndentedCode(markdown: string, at: number): boolean {
  const start = lastLineStart(markdown.slice(0, at));
  const [line = ''] = linesOf(markdown.slice(start, start + LINE_START));
  const isCode = (block: Block) => block.line === 'code' && !block.fence;
  return isCode(step(START, line)) && isCode(step(scan(markdown.slice(0, start)), line));
}

function openingAfter(previous: Part | undefined, markdown: string, at: number, limits: Limits): string {
  const body = previous ? bodyOf(previous) : '';
  const block = LEAVES_OPEN.test(body) ? scan(body) : START;
  const isMidLine = previous !== undefined && !/[\r\n]$/.test(previous.source);
  const [line = ''] = linesOf(markdown.slice(at, at + LINE_START));
  const { fence, table } = block;
  const after = step(block, line);
  const goesOn = isMidLine || after.fence === fence || after.line === 'fence-closing';
  if (fence && goesOn)
    return `${fence.reopening}\n${isMidLine ? fence.prefix + guard(/^[`~ \t]/, line) : ''}`;
  if (isMidLine && limits.fences === 'backticks' && isIndentedCode(markdown, at)) return INDENT;
  if (isMidLine) return guard(/^[`~]/, line);
  const isShort = table !== undefined && table.length <= limits.characters * MAX_HEADER_SHARE;
  if (isShort && after.line === 'table-row') return table;
  return isTooLong(step(START, line), limits.characters) ? ZERO_WIDTH_SPACE : '';
}

function guard(danger: RegExp, line: string): string {
  return danger.test(line) ? ZERO_WIDTH_SPACE : '';
}

function partOf(opening: string, source: string, limits: Limits, startsInList = false): Part {
  const body = bodyOf({ opening, source }).trimEnd();
  const last = lastLineStart(body);
  const end = FENCE.test(body) ? closingOf(scan(body.slice(0, last)), body.slice(last)) : '';
  const closing = /[\r\n]$/.test(source) ? end.replace(/^\n/, '') : end;
  return { opening, source, closing, text: display(body + end, limits, startsInList) };
}

import { cellsOf, isDelimiterRow } from './table-row.ts';

/** A block quote, or a list item by the columns that its content is indented. */
type Container = '>' | number;

/** What a line is in its Markdown. */
export type LineKind =
  | 'blank'
  | 'text'
  | 'heading'
  | 'item'
  | 'empty-item'
  | 'rule'
  | 'code'
  | 'fence-opening'
  | 'fence-closing'
  | 'table-delimiter'
  | 'table-row';

/** A fenced code block that is open. */
export interface Fence {
  /** Its backticks or tildes. */
  readonly marker: string;
  /** The line that closes it, without its end. */
  readonly closing: string;
  /** The line that opens it again in another part, without its end. */
  readonly reopening: string;
  /** What each of its lines starts with. */
  readonly prefix: string;
}

/** Where a scanner stands after a line. */
export interface Block {
  /** What the last line was. */
  readonly line: LineKind;
  /** Outermost first. */
  readonly containers: readonly Container[];
  readonly fence?: Fence;
  /** The header and delimiter rows of the table that is open. */
  readonly table?: string;
  /** The last line, where it could be the header row of a table. */
  readonly header?: string;
}

export const START: Block = { line: 'blank', containers: [] };

/** A line, and where a scanner stands before and after it. */
export interface Step {
  readonly line: string;
  readonly before: Block;
  readonly after: Block;
}

/** Quotes and lists nested deeper than this many characters are text: what opens them again must fit into a part. */
const MAX_PREFIX = 16;

/** Of a longer info string only this is repeated where a fence is opened again: a language's name fits. */
const INFO = /^ *([^\s`]{1,20})/u;

const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3}(?:[-+*]|(\d{1,9})[.)]))(?:( +)(?=[^ ])| *$)/;
const HEADING = /^ {0,3}#{1,6}(?: |$)/;
const RULE = /^ {0,3}([-*_])(?: *\1){2,} *$/;
const FENCE = /^( {0,3})(?:(`{3,})([^`]*)|(~{3,})(.*))$/s;
const FENCE_END = /^ {0,3}(`{3,}|~{3,}) *$/;
/** What may become the line that closes a fence. */
const BEGUN_END = /^[\s>]*[`~]*$/;
/** Up to three spaces may stand before a fence, at the start or inside a quote. */
const SHALLOW = /(?:^|> ) {0,3}$/;
/** What anything but a paragraph or a table's row begins with; indented code aside. */
const OPENS = /^ {0,3}[`~#>*_+\d-]/;

/** The lines of a text from a position on, each with its end, if it has one. */
export function* linesOf(text: string, from = 0): Generator<string> {
  let carriage = from - 1;
  for (let at = from; at < text.length; ) {
    if (carriage < at) carriage = indexOr(text.length, text.indexOf('\r', at));
    const feed = indexOr(text.length, text.indexOf('\n', at));
    const end = Math.min(feed, carriage + 1 === feed ? feed : carriage) + 1;
    yield text.slice(at, end);
    at = end;
  }
}

/** Where the last line of a text starts: the text's length, if it ends with a line's end. */
export function lastLineStart(text: string): number {
  const start = text.lastIndexOf('\n') + 1;
  // Text without carriage returns is not searched for one from end to start.
  return start + text.slice(start).lastIndexOf('\r') + 1;
}

function indexOr(none: number, index: number): number {
  return index < 0 ? none : index;
}

/** The lines of a text, step by step. */
export function stepsOf(text: string, start: Block = START): Step[] {
  const steps: Step[] = [];
  let before = start;
  for (const line of linesOf(text)) {
    const after = step(before, line);
    steps.push({ line, before, after });
    before = after;
  }
  return steps;
}

/** Where a scanner stands after the text. */
export function scan(text: string, start: Block = START): Block {
  let block = start;
  for (const line of linesOf(text)) block = step(block, line);
  return block;
}

/**
 * Where a scanner stands after one more line. Follows CommonMark (https://spec.commonmark.org/0.31.2/) as far as
 * fences, quotes, lists and tables ask for it; HTML is text, because chat platforms show it as text.
 */
export function step(block: Block, line: string): Block {
  const text = expandTabs(withoutEnd(line));
  const { rest, depth } = enter(text, block.containers);
  if (block.fence && depth === block.containers.length) return insideFence(block, block.fence, rest);
  // An item may begin with one blank line, not with two.
  if (block.line === 'empty-item' && text.trim() === '')
    return { line: 'blank', containers: block.containers.slice(0, -1) };
  const { header } = block;
  if (header !== undefined && isDelimiterRow(text) && cellsOf(text).length === cellsOf(header).length)
    return { line: 'table-delimiter', containers: [], table: `${header}\n${text}\n` };
  const goesOn = !block.fence && (block.line === 'text' || block.line === 'item') ? block : undefined;
  return open(block.containers.slice(0, depth), rest, goesOn, block.table);
}

/** What is missing after a last line to close the fence that is open then. */
export function closingOf(before: Block, line: string): string {
  const { fence } = step(before, line);
  return fence ? closingOfFence(fence, before, line) : '';
}

/** The same where it is known that a fence is open after the line. */
export function closingOfFence(fence: Fence, before: Block, line: string): string {
  if (!BEGUN_END.test(line)) return `\n${fence.closing}`;
  const missing = fence.marker.slice(runAtEnd(line).length);
  const isBegun = missing !== '' && step(before, line + missing).line === 'fence-closing';
  return isBegun ? missing : `\n${fence.closing}`;
}

function runAtEnd(line: string): string {
  const last = line.at(-1) ?? '';
  if (last !== '`' && last !== '~') return '';
  let start = line.length;
  while (line[start - 1] === last) start -= 1;
  return line.slice(start);
}

/** Goes into the containers that are open, as far as the line goes on with them. */
function enter(line: string, containers: readonly Container[]): { rest: string; depth: number } {
  let rest = line;
  let depth = 0;
  for (const container of containers) {
    const inner = container === '>' ? afterQuote(rest) : afterIndent(rest, container);
    if (inner === undefined) break;
    rest = inner;
    depth += 1;
  }
  return { rest, depth };
}

function afterQuote(line: string): string | undefined {
  const quote = QUOTE.exec(line)?.[0];
  return quote === undefined ? undefined : line.slice(quote.length);
}

function afterIndent(line: string, columns: number): string | undefined {
  const isIndented = line.trim() === '' || line.startsWith(' '.repeat(columns));
  return isIndented ? line.slice(columns) : undefined;
}

function insideFence(block: Block, fence: Fence, rest: string): Block {
  const { containers } = block;
  if (FENCE_END.exec(rest)?.[1]?.startsWith(fence.marker)) return { line: 'fence-closing', containers };
  const line = rest.trim() === '' ? 'blank' : 'code';
  return line === block.line ? block : { line, containers, fence };
}

/** What the rest of a line opens. `goesOn` is the block whose paragraph it could go on with. */
function open(containers: readonly Container[], rest: string, goesOn?: Block, table?: string): Block {
  if (rest.trim() === '') return { line: 'blank', containers };
  if (rest.startsWith('    '))
    return goesOn ? paragraph(goesOn.containers, rest) : { line: 'code', containers };
  if (!OPENS.test(rest)) return inParagraphOrTable(containers, rest, goesOn, table);
  const fence = fenceOf(rest, containers);
  if (fence) return { line: 'fence-opening', containers, fence };
  if (HEADING.test(rest)) return { line: 'heading', containers };
  if (RULE.test(rest)) return { line: 'rule', containers };
  const container = containerOf(rest, goesOn?.containers.length === containers.length);
  if (container && prefixOf([...containers, container]).length <= MAX_PREFIX) {
    const width = container === '>' ? (QUOTE.exec(rest)?.[0].length ?? 0) : container;
    const inner = open([...containers, container], rest.slice(width));
    if (container === '>' || (inner.line !== 'text' && inner.line !== 'blank')) return inner;
    return { ...inner, line: inner.line === 'text' ? 'item' : 'empty-item' };
  }
  return inParagraphOrTable(containers, rest, goesOn, table);
}

function inParagraphOrTable(
  containers: readonly Container[],
  rest: string,
  goesOn?: Block,
  table?: string,
): Block {
  if (table !== undefined && containers.length === 0) return { line: 'table-row', containers, table };
  return paragraph(goesOn?.containers ?? containers, rest);
}

function paragraph(containers: readonly Container[], text: string): Block {
  const couldBeHeader = containers.length === 0 && text.includes('|');
  return couldBeHeader ? { line: 'text', containers, header: text } : { line: 'text', containers };
}

function containerOf(rest: string, inParagraph: boolean): Container | undefined {
  if (QUOTE.test(rest)) return '>';
  const item = ITEM.exec(rest);
  if (!item) return undefined;
  const [, marker = '', number, spaces = ''] = item;
  // An empty item, or a number other than 1, does not end a paragraph.
  if (inParagraph && (spaces === '' || (number !== undefined && Number(number) !== 1))) return undefined;
  return marker.length + (spaces.length >= 1 && spaces.length <= 4 ? spaces.length : 1);
}

function fenceOf(rest: string, containers: readonly Container[]): Fence | undefined {
  const match = FENCE.exec(rest);
  if (!match) return undefined;
  const [, indent = '', backticks, afterBackticks, tildes, afterTildes] = match;
  const marker = backticks ?? tildes ?? '';
  const info = INFO.exec(afterBackticks ?? afterTildes ?? '')?.[1] ?? '';
  const prefix = prefixOf(containers);
  const opening = openingPrefixOf(containers);
  const isRoom = SHALLOW.test(opening + indent);
  return {
    marker,
    prefix,
    closing: prefix + marker,
    reopening: `${opening}${isRoom ? indent : ''}${marker}${info}`,
  };
}

/** What a line inside the containers starts with. */
export function prefixOf(containers: readonly Container[]): string {
  return containers.map((container) => (container === '>' ? '> ' : ' '.repeat(container))).join('');
}

/**
 * What opens the containers again. Up to three spaces are enough for a list item; more would make indented code of
 * a fence, so deeper ones show a bullet.
 */
function openingPrefixOf(containers: readonly Container[]): string {
  let prefix = '';
  for (const container of containers) {
    if (container === '>') prefix += '> ';
    else if (SHALLOW.test(prefix + ' '.repeat(container))) prefix += ' '.repeat(container);
    else prefix += bullets(container);
  }
  return prefix;
}

/** List markers whose content is indented by so many columns; one marker makes at most five. */
function bullets(columns: number): string {
  return columns <= 5 ? `-${' '.repeat(columns - 1)}` : `-   ${bullets(columns - 4)}`;
}

function withoutEnd(line: string): string {
  if (line.endsWith('\r\n')) return line.slice(0, -2);
  return line.endsWith('\n') || line.endsWith('\r') ? line.slice(0, -1) : line;
}

/** The line with tabs as CommonMark takes them, to the next multiple of four columns. */
function expandTabs(line: string): string {
  if (!line.includes('\t')) return line;
  return line.replace(/([^\t]*)\t/g, (_, before: string) => before + ' '.repeat(4 - (before.length % 4)));
}

import { insideFence } from './clean.ts';
import { cellsOf } from './table-row.ts';

/** A table of more columns of text than this breaks its lines in a chat window: its rows become records. */
const MAX_WIDTH = 60;
const GAP = '  ';
const OPENING = '```\n';
const CLOSING = '\n```';

const graphemes = new Intl.Segmenter();

/** The table in a code block: its columns lined up, or, if it is too wide for that, a record for each row. */
export function fixedWidth(lines: readonly string[]): string {
  const [header = [], , ...rows] = lines.map(cellsOf);
  const cells = [header, ...rows].map((row) => fit(row, header.length));
  const widths = cells.map((row) => row.map(widthOf));
  const sizes = cells.reduce<number[]>((least, row, index) => columnSizes(row, widths[index], least), []);
  const isGrid = rowLength(sizes) <= MAX_WIDTH;
  return `${OPENING}${(isGrid ? grid(cells, widths) : records(cells)).join('\n')}${CLOSING}`;
}

/**
 * An upper bound for the length of `fixedWidth`, row by row. It never falls, whatever is added to a row or to the
 * table: so a part that was full stays full while its table grows.
 */
export class TableSize {
  readonly length: number;
  readonly #header: readonly string[];
  readonly #columns: readonly number[];
  readonly #rows: number;
  readonly #records: number;

  private constructor(header: readonly string[], columns: readonly number[], rows: number, records: number) {
    this.#header = header;
    this.#columns = columns;
    this.#rows = rows;
    this.#records = records;
    const width = rowLength(columns);
    const asGrid = (rows + 2) * (Math.min(width, MAX_WIDTH) + 1);
    const longest = width <= MAX_WIDTH ? asGrid : Math.max(asGrid, records);
    this.length = OPENING.length + longest + CLOSING.length;
  }

  static of(header: string): TableSize {
    const raw = cellsOf(header);
    const cells = fit(raw, raw.length);
    return new TableSize(cells, columnSizes(cells, cells.map(widthOf)), 0, recordLength(cells, cells));
  }

  /** The same with one more row. */
  with(row: string): TableSize {
    const cells = fit(cellsOf(row), this.#header.length);
    const records = this.#records + recordLength(this.#header, cells);
    const columns = columnSizes(cells, cells.map(widthOf), this.#columns);
    return new TableSize(this.#header, columns, this.#rows + 1, records);
  }
}

/** As many cells as the header has; what is too much stays in the last one. */
function fit(row: readonly string[], columns: number): string[] {
  const cells = row.map((cell) => insideFence(cell.includes('\\') ? cell.replaceAll('\\|', '|') : cell));
  if (cells.length > columns) cells.push(cells.splice(columns - 1).join(' | '));
  while (cells.length < columns) cells.push('');
  return cells;
}

function grid(cells: readonly string[][], widths: readonly number[][]): string[] {
  const columns = widths.reduce((max, row) => row.map((width, index) => Math.max(max[index] ?? 0, width)));
  const lines = cells.map((row, index) => aligned(row, widths[index] ?? [], columns));
  return lines.toSpliced(1, 0, columns.map((width) => '-'.repeat(width)).join(GAP));
}

function aligned(row: readonly string[], widths: readonly number[], columns: readonly number[]): string {
  let line = '';
  let space = 0;
  for (const [index, cell] of row.entries()) {
    line += ' '.repeat(space) + cell;
    space = (columns[index] ?? 0) - (widths[index] ?? 0) + GAP.length;
  }
  return line.trimEnd();
}

function records([header = [], ...rows]: readonly string[][]): string[] {
  if (rows.length === 0) return [header.join(' | ')];
  const record = (row: readonly string[]) => header.map((name, index) => `${name}: ${row[index]}`);
  return rows.flatMap((row, index) => (index === 0 ? record(row) : ['', ...record(row)]));
}

/** The length of a row's record; a header's own is more than the line that stands for it where there are no rows. */
function recordLength(header: readonly string[], row: readonly string[]): number {
  let length = 2;
  for (const [index, name] of header.entries()) length += name.length + (row[index]?.length ?? 0) + 4;
  return length;
}

/** The columns' sizes with one more row: of each cell the greater of its UTF-16 code units and its width. */
function columnSizes(
  row: readonly string[],
  widths: readonly number[] = [],
  least: readonly number[] = [],
): number[] {
  return row.map((cell, index) => Math.max(least[index] ?? 0, cell.length, widths[index] ?? 0));
}

function rowLength(columns: readonly number[]): number {
  return columns.reduce((sum, size) => sum + size + GAP.length, -GAP.length);
}

const WIDE =
  /^(?:\p{Emoji_Presentation}|[\p{sc=Han}\p{sc=Hangul}\p{sc=Hiragana}\p{sc=Katakana}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]|.*\ufe0f)/u;

/** Text whose characters are one UTF-16 code unit each, and one cell wide. */
const NARROW = /^[\x20-\x7e\xa1-\xac\xae-\u02ff\u0370-\u0482\u048a-\u052f]*$/;
/** Text whose characters are one UTF-16 code unit each; that of East Asia is, for the most part. */
const SINGLE =
  /^[\x20-\x7e\xa1-\xac\xae-\u02ff\u0370-\u0482\u048a-\u052f\u3001-\u3029\u3041-\u3096\u309d-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60]*$/;

/** The cells of a fixed-width font that the text takes: two for a character of East Asia or an emoji. */
function widthOf(text: string): number {
  if (NARROW.test(text)) return text.length;
  let width = 0;
  for (const character of SINGLE.test(text) ? text : charactersOf(text)) {
    if (WIDE.test(character)) width += 2;
    else if (!/^[\p{Mn}\p{Cf}]+$/u.test(character)) width += 1;
  }
  return width;
}

function charactersOf(text: string): string[] {
  return Array.from(graphemes.segment(text), ({ segment }) => segment);
}

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
  const isGrid = rowLength(columnSizes(cells)) <= MAX_WIDTH;
  return `${OPENING}${(isGrid ? grid(cells) : records(cells)).join('\n')}${CLOSING}`;
}

/**
 * An upper bound for the length of `fixedWidth`, row by row. It never falls, whatever is added to a row or to the
 * table: so a part that was full stays full while its table grows.
 */
export class TableSize {
  readonly #header: string[];
  #columns: number[];
  #rows = 0;
  #records = 0;

  constructor(header: string) {
    const cells = cellsOf(header);
    this.#header = fit(cells, cells.length);
    this.#columns = columnSizes([this.#header]);
    this.#records = recordLength(this.#header, this.#header);
  }

  add(row: string): void {
    const cells = fit(cellsOf(row), this.#header.length);
    this.#columns = columnSizes([cells], this.#columns);
    this.#rows += 1;
    this.#records += recordLength(this.#header, cells);
  }

  /** The bound with one more row. */
  with(row: string): number {
    const cells = fit(cellsOf(row), this.#header.length);
    const columns = columnSizes([cells], this.#columns);
    return this.#bound(columns, this.#rows + 1, this.#records + recordLength(this.#header, cells));
  }

  get length(): number {
    return this.#bound(this.#columns, this.#rows, this.#records);
  }

  #bound(columns: readonly number[], rows: number, records: number): number {
    const width = rowLength(columns);
    const asGrid = (rows + 2) * (Math.min(width, MAX_WIDTH) + 1);
    return OPENING.length + (width <= MAX_WIDTH ? asGrid : Math.max(asGrid, records)) + CLOSING.length;
  }
}

/** As many cells as the header has; what is too much stays in the last one. */
function fit(row: readonly string[], columns: number): string[] {
  const cells = row.map((cell) => insideFence(cell.replaceAll('\\|', '|')));
  const last = cells.slice(columns - 1).join(' | ');
  return Array.from({ length: columns }, (_, index) => (index < columns - 1 ? (cells[index] ?? '') : last));
}

function grid(cells: readonly string[][]): string[] {
  const widths = cells.reduce<number[]>(
    (max, row) => row.map((cell, index) => Math.max(max[index] ?? 0, widthOf(cell))),
    [],
  );
  const lines = cells.map((row) =>
    row
      .map((cell, index) => pad(cell, widths[index] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
  return lines.toSpliced(1, 0, widths.map((width) => '-'.repeat(width)).join(GAP));
}

function records([header = [], ...rows]: readonly string[][]): string[] {
  if (rows.length === 0) return [header.join(' | ')];
  const record = (row: readonly string[]) => header.map((name, index) => `${name}: ${row[index]}`);
  return rows.flatMap((row, index) => (index === 0 ? record(row) : ['', ...record(row)]));
}

/** The length of a row's record; a header's own is more than the line that stands for it where there are no rows. */
function recordLength(header: readonly string[], row: readonly string[]): number {
  return header.reduce((sum, name, index) => sum + name.length + (row[index]?.length ?? 0) + 4, 2);
}

/** The columns' sizes: of each cell the greater of its UTF-16 code units and its width. */
function columnSizes(rows: readonly string[][], least: readonly number[] = []): number[] {
  const sizes = [...least];
  for (const row of rows)
    for (const [index, cell] of row.entries())
      sizes[index] = Math.max(sizes[index] ?? 0, cell.length, widthOf(cell));
  return sizes;
}

function rowLength(columns: readonly number[]): number {
  return columns.reduce((sum, size) => sum + size + GAP.length, -GAP.length);
}

function pad(cell: string, width: number): string {
  return cell + ' '.repeat(width - widthOf(cell));
}

const WIDE =
  /^(?:\p{Emoji_Presentation}|[\p{sc=Han}\p{sc=Hangul}\p{sc=Hiragana}\p{sc=Katakana}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]|.*\ufe0f)/u;

/** The cells of a fixed-width font that the text takes: two for a character of East Asia or an emoji. */
function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) {
    if (WIDE.test(segment)) width += 2;
    else if (!/^[\p{Mn}\p{Cf}]+$/u.test(segment)) width += 1;
  }
  return width;
}

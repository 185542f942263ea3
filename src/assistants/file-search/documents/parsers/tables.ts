import type { Block, Place } from '../document.ts';

/** A row of a sheet as people count them, beginning at one, and its cells, blank ones too. */
export interface Row {
  row: number;
  cells: string[];
}

/**
 * The tables of a sheet, which blank rows part. Each begins with a header: its own first row, the last table's where
 * it goes on with that one's columns, or the columns' letters.
 */
export function tablesOf(rows: Iterable<Row>, place: Place): Block[] {
  const blocks: Block[] = [];
  let header: string[] | undefined;
  for (const region of regionsOf(rows)) {
    const [first] = region;
    if (!first) continue;
    if (isTitle(region)) {
      blocks.push({ kind: 'text', text: first.cells.join(' ').trim(), place: at(place, region) });
      continue;
    }
    const goesOn = header?.length === first.cells.length || !isHeader(first);
    const body = goesOn || region.length === 1 ? region : region.slice(1);
    if (!goesOn) header = first.cells;
    const head = header ?? first.cells.map((_, column) => letterOf(column));
    blocks.push({ kind: 'table', text: tableText(head, body), place: at(place, body) });
  }
  return blocks;
}

/** A table in Markdown. */
export function tableText(header: string[], rows: Row[]): string {
  const under = header.map(() => '---');
  return [header, under, ...rows.map(({ cells }) => cells)].map(rowText).join('\n');
}

function rowText(cells: string[]): string {
  return `| ${cells.map((cell) => cell.replace(/\s+/g, ' ').trim().replaceAll('|', '\\|')).join(' | ')} |`;
}

function* regionsOf(rows: Iterable<Row>): Generator<Row[]> {
  let region: Row[] = [];
  for (const { row, cells } of rows) {
    const filled = { row, cells: cells.slice(0, cells.findLastIndex((cell) => cell.trim() !== '') + 1) };
    const last = region.at(-1);
    if (last && (filled.cells.length === 0 || row > last.row + 1)) {
      yield region;
      region = [];
    }
    if (filled.cells.length > 0) region.push(filled);
  }
  if (region.length > 0) yield region;
}

/** A line above or below a table. */
function isTitle([first, ...more]: Row[]): boolean {
  return more.length === 0 && first !== undefined && first.cells.filter((cell) => cell.trim()).length === 1;
}

/** A header has words only. */
function isHeader({ cells }: Row): boolean {
  return cells.every((cell) => !/^[-+\s\d.,:/%€$£]+$/.test(cell) || cell.trim() === '');
}

/** As spreadsheets name columns: A to Z, AA, AB. */
function letterOf(column: number): string {
  const letter = String.fromCharCode(65 + (column % 26));
  return column < 26 ? letter : letterOf(Math.floor(column / 26) - 1) + letter;
}

function at(place: Place, rows: Row[]): Place {
  return { ...place, rows: [rows[0]?.row ?? 1, rows.at(-1)?.row ?? 1] };
}

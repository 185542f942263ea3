import type { Document } from '../document.ts';
import { type Row, tablesOf } from './tables.ts';

const DELIMITERS = [',', ';', '\t', '|'];

/** How much of a table shows which character parts its cells. In characters, and rows. */
const SAMPLE = 64 * 1024;
const SAMPLE_ROWS = 20;

/** How Excel lets a file name what parts its cells. */
const NAMED_DELIMITER = /^sep=(.)\r?\n/i;

/** CSV as spreadsheets write it, by rows, whatever parts its cells. https://www.rfc-editor.org/rfc/rfc4180 */
export function parseCsv(text: string): Document {
  return { blocks: tablesOf(rowsOf(text, delimiterOf(text)), {}) };
}

/** What makes the most columns of which every row has the same number, or about so. */
function delimiterOf(text: string): string {
  const named = NAMED_DELIMITER.exec(text)?.[1];
  if (named) return named;
  const scores = DELIMITERS.map((delimiter) => {
    const widths: number[] = [];
    for (const { cells } of rowsOf(text.slice(0, SAMPLE), delimiter)) {
      if (widths.push(cells.length) === SAMPLE_ROWS) break;
    }
    const width = widths.toSorted((one, other) => one - other)[Math.floor(widths.length / 2)] ?? 1;
    return (width - 1) * (widths.filter((each) => each === width).length / widths.length);
  });
  return DELIMITERS[scores.indexOf(Math.max(...scores))] ?? ',';
}

/** The rows of a table, all of whose cells may stand in quotes. */
function* rowsOf(text: string, delimiter: string): Generator<Row> {
  const end = new RegExp(`[${RegExp.escape(delimiter)}\\r\\n]|$`, 'g');
  let row: Row = { row: 1, cells: [] };
  for (let at = NAMED_DELIMITER.exec(text)?.[0].length ?? 0; at < text.length; ) {
    const quoted = quotedAt(text, at);
    end.lastIndex = quoted.end;
    const next = end.exec(text)?.index ?? text.length;
    row.cells.push(quoted.text + text.slice(quoted.end, next));
    at = next + (text.startsWith('\r\n', next) ? 2 : 1);
    if (text[next] === delimiter) continue;
    yield row;
    row = { row: row.row + 1, cells: [] };
  }
  if (row.cells.length > 0) yield row;
}

/** What stands in quotes at a place: it may hold delimiters, line ends and doubled quotes. */
function quotedAt(text: string, at: number): { text: string; end: number } {
  if (text[at] !== '"') return { text: '', end: at };
  const parts: string[] = [];
  for (let from = at + 1; ; ) {
    const quote = text.indexOf('"', from);
    const end = quote < 0 ? text.length : quote;
    parts.push(text.slice(from, end));
    if (text[end + 1] !== '"') return { text: parts.join('"'), end: end + 1 };
    from = end + 2;
  }
}

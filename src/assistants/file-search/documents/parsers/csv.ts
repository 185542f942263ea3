import type { Document } from '../document.ts';
import { type Row, tablesOf } from './tables.ts';

const DELIMITERS = [',', ';', '\t', '|'];

/** How much of a table shows which character parts its cells. In characters, and rows. */
const SAMPLE = 64 * 1024;
const SAMPLE_ROWS = 20;

/** CSV as spreadsheets write it, by rows, whatever parts its cells. https://www.rfc-editor.org/rfc/rfc4180 */
export function parseCsv(text: string): Document {
  return { blocks: tablesOf(rowsOf(text, delimiterOf(text)), {}) };
}

/** What makes the most columns of which every row has the same number, or about so. */
function delimiterOf(text: string): string {
  const named = /^sep=(.)\r?\n/i.exec(text)?.[1];
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

/** The rows of a table; a cell in quotes may hold delimiters, line ends and doubled quotes. */
function* rowsOf(text: string, delimiter: string): Generator<Row> {
  const end = new RegExp(
    `[${delimiter === '|' || delimiter === '\t' ? `\\${delimiter === '|' ? '|' : 't'}` : delimiter}\\r\\n]|$`,
    'g',
  );
  let row = 1;
  let cells: string[] = [];
  for (let at = /^sep=.\r?\n/i.exec(text)?.[0].length ?? 0; at < text.length; ) {
    let cell = '';
    if (text[at] === '"') {
      let from = at + 1;
      for (;;) {
        const quote = text.indexOf('"', from);
        const close = quote < 0 ? text.length : quote;
        cell += text.slice(from, close);
        from = close + 1;
        if (text[from] !== '"') break;
        cell += '"';
        from += 1;
      }
      at = from;
    }
    end.lastIndex = at;
    const next = end.exec(text)?.index ?? text.length;
    cells.push(cell + text.slice(at, next));
    at = next + 1;
    if (text[next] === delimiter && next + 1 < text.length) continue;
    if (text[next] === delimiter) cells.push('');
    if (text[next] === '\r' && text[at] === '\n') at += 1;
    yield { row, cells };
    row += 1;
    cells = [];
  }
}

/** The second row of a GFM table, which makes a table of the first: dashes, colons and at least one bar. */
const DELIMITER_ROW = /^ {0,3}(?=[^|]*\|)\|? *:?-+:? *(?:\| *:?-+:? *)*\|? *$/;

/** The bars between cells; one with a backslash before it belongs to a cell. */
const BAR = /(?<!\\)\|/;

export function isDelimiterRow(line: string): boolean {
  return DELIMITER_ROW.test(line);
}

/** The cells of a table's row, as they are written. */
export function cellsOf(row: string): string[] {
  const text = row.trim();
  const start = text.startsWith('|') ? 1 : 0;
  const end = text.endsWith('|') && !text.endsWith('\\|') ? -1 : undefined;
  const inner = text.slice(start, end);
  return inner.split(inner.includes('\\') ? BAR : '|').map((cell) => cell.trim());
}

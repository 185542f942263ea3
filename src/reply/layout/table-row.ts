/** The second row of a GFM table, which makes a table of the first: dashes, colons and at least one bar. */
const DELIMITER_ROW = /^ {0,3}(?=[^|]*\|)\|? *:?-+:? *(?:\| *:?-+:? *)*\|? *$/;

/** The bars between cells; one with a backslash before it belongs to a cell. */
const BAR = /(?<!\\)\|/;

export function isDelimiterRow(line: string): boolean {
  return DELIMITER_ROW.test(line);
}

/** The cells of a table's row, as they are written. */
export function cellsOf(row: string): string[] {
  const inner = row
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '');
  return inner.split(BAR).map((cell) => cell.trim());
}

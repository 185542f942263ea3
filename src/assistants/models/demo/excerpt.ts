/** How much of a passage is quoted, in characters. */
const MAX_EXCERPT = 700;

const TABLE_ROW = /^\s*\|/;
const FENCES = /^\s*(?:```|~~~).*\n?/gm;

/** How many of the words a text holds. */
export function heldOf(words: readonly string[], text: string): number {
  const all = text.toLowerCase();
  return words.filter((word) => all.includes(word)).length;
}

/** The whole lines of a text that hold most of the words, as many as fit, with a table's head. */
export function excerpt(text: string, words: readonly string[]): string {
  if (text.length <= MAX_EXCERPT) return text;
  const lines = text.split('\n');
  const windows = lines.map((_, first) => windowFrom(lines, first));
  const held = windows.map(({ first, end }) => heldOf(words, lines.slice(first, end).join('\n')));
  const { first, end } = windows[held.indexOf(Math.max(...held))] ?? { first: 0, end: 1 };
  const shown = balanced(cutLine(lines.slice(first, end).join('\n')));
  const before = first > 0 ? [...tableHead(lines, first), shown] : [shown];
  return `${first > 0 && before.length === 1 ? '… ' : ''}${before.join('\n')}${end < lines.length ? '\n…' : ''}`;
}

/** As many lines as fit, at least one. */
function windowFrom(lines: readonly string[], first: number): { first: number; end: number } {
  let end = first + 1;
  let length = lines[first]?.length ?? 0;
  while (end < lines.length && length + (lines[end]?.length ?? 0) < MAX_EXCERPT) {
    length += (lines[end]?.length ?? 0) + 1;
    end++;
  }
  return { first, end };
}

/** The lines that name the columns of the table in which the line stands. */
function tableHead(lines: readonly string[], at: number): string[] {
  let head = at;
  while (head > 0 && TABLE_ROW.test(lines[head - 1] ?? '') && TABLE_ROW.test(lines[at] ?? '')) head--;
  return lines.slice(head, Math.min(head + 2, at));
}

/** Without the fences of a block that is not whole: what follows would become a part of it. */
function balanced(text: string): string {
  const fences = text.match(FENCES) ?? [];
  return fences.length % 2 === 0 ? text : text.replace(FENCES, '');
}

/** A line that is too long by itself, up to the end of a sentence. */
function cutLine(text: string): string {
  if (text.length <= MAX_EXCERPT) return text;
  const cut = text.slice(0, MAX_EXCERPT);
  const end = Math.max(cut.lastIndexOf('. ') + 1, cut.lastIndexOf('。') + 1);
  return `${(end > 0 ? cut.slice(0, end) : cut).trimEnd().toWellFormed()} …`;
}

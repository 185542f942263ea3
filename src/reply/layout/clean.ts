import { stripVTControlCharacters } from 'node:util';
import { isVisible } from './visible.ts';

/** Of one call's output this much is shown: enough for a table or a traceback, little enough to keep a chat readable. */
export const MAX_LOG_LINES = 60;
/** The same in UTF-16 code units. */
export const MAX_LOG_CHARACTERS = 4_000;
/** The last lines of a longer output are shown too: there stand the error, and what cut the output or ended the code. */
export const LAST_LOG_LINES = 3;
/** The longest of these, in UTF-16 code units: a sentence or two. */
const LAST_LINE_CHARACTERS = 300;

/** Control characters, and those which turn the direction of the text around them; line ends and tabs stay. */
const UNSEEN = /(?![\n\t])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Text from a model as it can be shown anywhere: well-formed, line ends as \n, no control characters. As `value`
 * grows at its end, so does the result; half of a surrogate pair waits for the other while more may come. Text of which
 * people would see nothing is none.
 */
export function cleanText(value: string, isOpen: boolean): string {
  const known = isOpen ? value.replace(/[\ud800-\udbff]$/, '') : value;
  const cleaned = known
    .replace(/\r\n?/g, '\n')
    .toWellFormed()
    .replace(UNSEEN, '')
    .replace(/^(?:[^\S\n]*\n)+/, '')
    .trimEnd();
  return isVisible(cleaned) ? cleaned : '';
}

/**
 * Code or output that cannot end the fenced block it stands in. Some platforms close a block at any three backticks,
 * so a zero-width space comes between them; only before a third one, so that text which grows keeps its beginning.
 */
export function insideFence(text: string): string {
  return text.includes('```') ? text.replace(/``(?=`)/g, '``\u200b') : text;
}

/**
 * What a program put out, line by line as a terminal would leave it, shortened. While more may come the last line
 * waits for its end, because a carriage return may still replace it.
 */
export function cleanLogs(logs: string, isOpen: boolean): string {
  const lines = linesOf(logs, isOpen);
  const shown = shorten(lines, isOpen).trimEnd();
  return isVisible(shown) ? shown : '';
}

/** Whether people see less of it than all. */
export function isCut(logs: string): boolean {
  const lines = linesOf(logs, false);
  return shorten(lines, false) !== lines.map(settle).join('\n');
}

function linesOf(logs: string, isOpen: boolean): string[] {
  const lines = logs.replace(/\r\n/g, '\n').split('\n');
  if (isOpen || lines.at(-1) === '') lines.pop();
  return lines;
}

function shorten(lines: readonly string[], isOpen: boolean): string {
  const shown: string[] = [];
  let room = MAX_LOG_CHARACTERS;
  for (const line of lines.slice(0, MAX_LOG_LINES)) {
    if (room <= 0) break;
    shown.push(cut(settle(line), room));
    room -= line.length + 1;
  }
  if (isOpen) return shown.join('\n');
  const last = lines.slice(Math.max(shown.length, lines.length - LAST_LOG_LINES));
  const more = lines.length - shown.length - last.length;
  if (more > 0) shown.push(`… ${count(more, 'more line')}`);
  return [...shown, ...last.map((line) => cut(settle(line), LAST_LINE_CHARACTERS))].join('\n');
}

/** The line as it stands after its last carriage return and escape sequence. */
function settle(line: string): string {
  const versions = stripVTControlCharacters(line).split('\r');
  const last = versions.findLast((version) => version.trim() !== '') ?? '';
  return last.toWellFormed().replace(UNSEEN, '');
}

function cut(line: string, room: number): string {
  if (line.length <= room) return line;
  const more = count(line.length - room, 'more character');
  return `${line.slice(0, room).replace(/[\ud800-\udbff]$/, '')} … (${more})`;
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}

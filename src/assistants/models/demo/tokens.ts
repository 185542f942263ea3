import type { Token } from './expression.ts';

/** How people write an operator, and what it is. Comparisons and assignments are no equations. */
const SIGNS: Record<string, Token['kind']> = {
  '+': '+',
  '-': '-',
  '−': '-',
  '–': '-',
  '*': '*',
  '·': '*',
  '⋅': '*',
  '∙': '*',
  '×': '*',
  '/': '/',
  '÷': '/',
  '^': '**',
  '**': '**',
  '(': '(',
  ')': ')',
  '=': '=',
};

const TOKEN =
  /(?<number>\d+(?:[.,]\d+)?)|(?<word>[\p{L}_][\p{L}\p{M}\p{N}_]*)|(?<sign>[=!<>:+*/-]+=+|=>|\*\*|[-+−–*·⋅∙×/÷^()=])|(?<square>[²³])|(?<break>[\n\r]|\S)/gu;

/** Splits text into arithmetic and what is not; a line's end is not. */
export function tokensOf(text: string): Token[] {
  return Array.from(text.matchAll(TOKEN)).flatMap((match) => tokensAt(match, text));
}

function tokensAt(match: RegExpExecArray, text: string): Token[] {
  const { number, word, sign, square } = match.groups ?? {};
  const source = match[0];
  const span = { text: source, start: match.index, end: match.index + source.length };
  if (number) return [{ ...span, kind: 'number', text: plainNumber(number) }];
  if (word) return [{ ...span, kind: word.length === 1 && word !== '_' ? 'letter' : 'break' }];
  if (square) {
    const exponent = square === '²' ? '2' : '3';
    return [
      { ...span, kind: '**' },
      { ...span, kind: 'number', text: exponent },
    ];
  }
  const dash = (source === '-' || source === '–') && isDash(text, span);
  return [{ ...span, kind: dash ? 'break' : (SIGNS[sign ?? ''] ?? 'break') }];
}

/** `1,000` is a thousand; `0,5` and `2,75` are decimals of the many languages that write them so. */
function plainNumber(number: string): string {
  const thousands = /^[1-9]\d{0,2},\d{3}$/.test(number);
  return number.replace(',', thousands ? '' : '.');
}

/** At the start of a line with a space behind it: a list item's dash, or the one of `this - 3x = 4` after a word. */
function isDash(text: string, { start, end }: { start: number; end: number }): boolean {
  const before = text.slice(Math.max(0, start - 40), start);
  return /\s/.test(text[end] ?? '') && /(^|\n|[\p{L}_]{2,}[^\p{L}\p{N}]*)\s*$/u.test(before);
}

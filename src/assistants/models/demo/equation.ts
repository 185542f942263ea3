import { degreeOf, type Expression, parseExpression, type Token, unknownsOf } from './expression.ts';
import { tokensOf } from './tokens.ts';

/** An equation that stands in a text. */
export interface Equation {
  /** As it was written. */
  source: string;
  left: Expression;
  right: Expression;
  /** The letters in it, at least one. */
  unknowns: string[];
  /** At most 1: linear. */
  degree: number;
}

/** A side has no more tokens than this; more is no equation of a person's but bounds the search. */
const MAX_SIDE = 60;
/** The search looks at so much of a message, in characters. */
const MAX_TEXT = 20_000;

/** Words of somebody who wants an equation solved. */
const ASKS = /\bsolv|\bequation|\bsolution|\bunknown|\bvalue of\b|\bwhat('s| is)\b|\bfind\b|\bfor which\b/i;

/**
 * The equations with letters in them that stand in `text`, in order. Prose around them is passed over: each side is
 * the longest run of arithmetic that leaves a single unknown. What could as well be an assignment (`x = 5`,
 * `i = i + 1`) or has several unknowns counts only where the text asks for a solution.
 */
export function findEquations(text: string): Equation[] {
  const source = text
    .slice(0, MAX_TEXT)
    .replaceAll(/(?<![\w)])\*\*(?=\S)([^*\n]+)(?<=\S)\*\*(?![\w(])/g, '  $1  ');
  const tokens = tokensOf(source);
  const asks = ASKS.test(text);
  const found: Equation[] = [];
  for (const [at, token] of tokens.entries()) {
    if (token.kind !== '=') continue;
    const equation = equationAt(source, tokens, at);
    if (equation && (asks || isPlain(equation))) found.push(equation);
  }
  return found;
}

function equationAt(source: string, tokens: Token[], at: number): Equation | undefined {
  const lefts = sidesBefore(source, tokens, at);
  const rights = sidesAfter(source, tokens, at);
  const pairs = lefts.flatMap((left) => rights.map((right) => ({ left, right })));
  const all = pairs.map(({ left, right }): Equation => {
    const unknowns = unknownsOf(left.expression).union(unknownsOf(right.expression));
    return {
      source: source.slice(left.start, right.end).trim(),
      left: left.expression,
      right: right.expression,
      unknowns: [...unknowns],
      degree: Math.max(degreeOf(left.expression), degreeOf(right.expression)),
    };
  });
  const longest = all.find(({ unknowns }) => unknowns.length > 0);
  return all.find(({ unknowns }) => unknowns.length === 1) ?? longest;
}

interface Side {
  expression: Expression;
  start: number;
  end: number;
}

/** Every expression that ends before the `=` at `at`, the longest first. */
function sidesBefore(source: string, tokens: Token[], at: number): Side[] {
  let first = at;
  while (at - first < MAX_SIDE && isArithmetic(tokens[first - 1])) first--;
  if (first > 0 && tokens[first - 1]?.kind !== 'break') return [];
  const starts = range(first, at - 1).filter((start) => start === first || isEdge(tokens[start - 1], '('));
  return starts.flatMap((start) => sideOf(source, tokens.slice(start, at)));
}

/** Every expression that begins after the `=` at `at`, the longest first. */
function sidesAfter(source: string, tokens: Token[], at: number): Side[] {
  let end = at + 1;
  while (end - at <= MAX_SIDE && isArithmetic(tokens[end])) end++;
  if (end < tokens.length && tokens[end]?.kind !== 'break') return [];
  const ends = range(at + 2, end).filter((last) => last === end || isEdge(tokens[last], ')'));
  return ends.reverse().flatMap((last) => sideOf(source, tokens.slice(at + 1, last)));
}

/** Where prose may go over into an equation: at a parenthesis around it, and at the English words of one letter. */
function isEdge(token: Token | undefined, parenthesis: '(' | ')'): boolean {
  return token?.kind === parenthesis || (token?.kind === 'letter' && /^[aAI]$/.test(token.text));
}

function sideOf(source: string, tokens: Token[]): Side[] {
  const start = tokens[0]?.start ?? 0;
  const end = tokens.at(-1)?.end ?? 0;
  const expression = standsFree(source, start, end) ? parseExpression(tokens) : undefined;
  return expression ? [{ expression, start, end }] : [];
}

function isArithmetic(token: Token | undefined): boolean {
  return token !== undefined && token.kind !== 'break' && token.kind !== '=';
}

/** Whether what stands before and behind is no part of a name, a path or a call such as `f(x)`. */
function standsFree(source: string, start: number, end: number): boolean {
  const before = /^[\s("'`:;,$[{>«“„=]?$/.test(source[start - 1] ?? '');
  return before && /^[\s)"'`:;,.?!$\]}<»”\\=]?$/.test(source[end] ?? '');
}

/** One unknown, and no side that is a letter alone: nothing but an equation looks like that. */
function isPlain({ unknowns, left, right }: Equation): boolean {
  return unknowns.length === 1 && left.type !== 'unknown' && right.type !== 'unknown';
}

function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}

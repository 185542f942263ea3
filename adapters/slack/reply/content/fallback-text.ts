import { marked } from 'marked';
import { linkless } from '../../../../src/reply/links/linkless.ts';
import { escaped } from '../../markup.ts';

/** A notification shows about this much, in characters. */
const MAX_FALLBACK = 150;

/** Nobody is notified of an edit; where blocks are not read, as many as these tell which message grows. */
const MAX_GROWING = 40;

/** Marks take room, too: so much of the Markdown is read for it. */
const READ_FACTOR = 4;

type Token = ReturnType<typeof marked.lexer>[number];

/**
 * A line of plain text for notifications, which show no blocks: what people read of the Markdown, code as it stands.
 * Nothing in it is taken for Slack's markup.
 */
export function fallbackText(markdown: string): string {
  return beginningOf(markdown, MAX_FALLBACK);
}

/** The same for an edit that another one follows, which brings the whole line; its blocks say everything. */
export function growingFallbackText(markdown: string): string {
  return beginningOf(markdown, MAX_GROWING);
}

function beginningOf(markdown: string, longest: number): string {
  const plain = textOf(marked.lexer(markdown.slice(0, READ_FACTOR * longest).toWellFormed()))
    .replace(/\s+/g, ' ')
    .trim();
  const short = plain.length > longest ? `${plain.slice(0, longest).toWellFormed()}…` : plain;
  return escaped(short) || '…';
}

function textOf(tokens: readonly Token[]): string {
  return tokens.reduce((before, token) => before + tokenText(token, before), '');
}

/** What a token reads; `before` is what stands in front of it. */
function tokenText(token: Token, before: string): string {
  switch (token.type) {
    case 'space':
    case 'hr':
    case 'br':
    case 'def':
    case 'checkbox':
      return ' ';
    case 'code':
      return `${linkless(token.text)} `;
    case 'codespan':
      return linkless(token.text);
    case 'table':
      return `${[token.header, ...token.rows]
        .flat()
        .map(({ tokens }) => textOf(tokens))
        .join(' ')} `;
    case 'list':
      return token.items.map(({ tokens }: { tokens: Token[] }) => `${textOf(tokens)} `).join('');
    case 'em':
    case 'strong':
      return isArithmetic(token.raw, before) ? token.raw : textOf(token.tokens ?? []);
    default:
      return 'tokens' in token && token.tokens ? `${textOf(token.tokens)}${endOf(token)}` : leafText(token);
  }
}

/** Asterisks right after a letter or a digit stand for a product or a power rather than for emphasis: `2**3, 4**5`. */
function isArithmetic(raw: string, before: string): boolean {
  return raw.startsWith('*') && /[\p{L}\p{N})\]]$/u.test(before);
}

/** Blocks stand on lines of their own. */
function endOf({ type }: Token): string {
  return ['paragraph', 'heading', 'blockquote'].includes(type) ? ' ' : '';
}

function leafText(token: Token): string {
  const text = 'text' in token ? String(token.text) : token.raw;
  return token.type === 'text'
    ? text.replace(/&(amp|lt|gt|quot);/g, (_, name: string) => ENTITIES[name] ?? '')
    : text;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };

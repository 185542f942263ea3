import { lexer, type Token } from 'marked';
import { parse } from 'yaml';
import type { Block, Document } from '../document.ts';
import { lineEndsIn, withUnixLines } from '../lines.ts';

const FRONT_MATTER = /^---[ \t]*\n((?:[\w.-]+[ \t]*:|#)[\s\S]*?\n|)(?:---|\.\.\.)[ \t]*(?:\n|$)/;

/** Markdown by its top-level blocks, each with its lines. Front matter gives the title, and is left out. */
export function parseMarkdown(source: string): Document {
  const text = withUnixLines(source);
  const front = FRONT_MATTER.exec(text);
  const before = front?.[0] ?? '';
  const blocks: Block[] = [];
  let line = 1 + lineEndsIn(before);
  for (const token of lexer(text.slice(before.length))) {
    const raw = token.raw.replace(/^\n+/, '');
    const first = line + token.raw.length - raw.length;
    const block = blockOf(token, raw.trimEnd());
    if (block?.text) blocks.push({ ...block, place: { lines: [first, first + lineEndsIn(raw.trimEnd())] } });
    line += lineEndsIn(token.raw);
  }
  const title = titleIn(front?.[1]) ?? blocks.find(({ level }) => level === 1)?.text;
  return { ...(title && { title }), blocks };
}

function blockOf(token: Token, raw: string): Omit<Block, 'place'> | undefined {
  switch (token.type) {
    case 'heading':
      return { kind: 'heading', level: token.depth, text: plainText(token.tokens ?? []) };
    case 'list':
    case 'table':
    case 'code':
      return { kind: token.type, text: raw };
    case 'space':
    case 'hr':
    case 'def':
      return undefined;
    case 'html':
      return { kind: 'text', text: withoutTags(raw) };
    default:
      return { kind: 'text', text: raw };
  }
}

/** What people read of inline Markdown. */
function plainText(tokens: Token[]): string {
  const parts = tokens.map((token) => {
    if (token.type === 'html') return '';
    if (token.type === 'br') return ' ';
    return 'tokens' in token && token.tokens ? plainText(token.tokens) : 'text' in token ? token.text : '';
  });
  return parts.join('').replace(/\s+/g, ' ').trim();
}

/** The words between a block of HTML's tags: badges and comments leave none. */
function withoutTags(html: string): string {
  return html
    .replace(/<!--[\s\S]*?(?:-->|$)/g, '')
    .replace(/<\/?[a-z][^<>]*>/gi, '')
    .trim();
}

/** Front matter that is no YAML is somebody's mistake, but not one that hides the document. */
function titleIn(front: string | undefined): string | undefined {
  try {
    const { title } = parse(front ?? '') ?? {};
    return typeof title === 'string' || typeof title === 'number' ? String(title).trim() : undefined;
  } catch {
    return undefined;
  }
}

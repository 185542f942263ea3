import type { Block } from '../documents/document.ts';

/** A block that is too long, and what each of its pieces repeats so that it can be read by itself. */
export interface Frame {
  before: string;
  body: string;
  after: string;
}

const NO_FRAME = { before: '', after: '' };

const TABLE_HEAD = /^[^\n]*\n[ \t]*\|?[ \t]*:?-+[-:|\t ]*(?:\n|$)/;

const FENCED = /^((?:`{3,}|~{3,})[^\n]*\n)([\s\S]*?)(\n[ \t]*(?:`{3,}|~{3,})[ \t]*)$/;

/** Tables repeat their header and fenced code its fences. */
export function frameOf({ kind, text }: Block): Frame {
  if (kind === 'table') {
    const before = tableHead(text);
    return { before, body: text.slice(before.length), after: '' };
  }
  const [, before = '', body = text, after = ''] = (kind === 'code' && FENCED.exec(text)) || [];
  return before ? { before, body, after } : { ...NO_FRAME, body: text };
}

/** The header of a table and the line under it, or nothing. */
export function tableHead(text: string): string {
  return TABLE_HEAD.exec(text)?.[0] ?? '';
}

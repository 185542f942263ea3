import type { ModelItem } from '../../models/model.ts';

/**
 * UTF-8 bytes that make one token, at the least: English takes four, code about three, Chinese three for each
 * character. An estimate that is too high only costs a little history.
 */
const BYTES_PER_TOKEN = 3;

/** What an image costs the usual vision models; a `data:` URL's length says nothing about it. */
const IMAGE_TOKENS = 1_000;

/** Role, separators and ids that come with every item. */
const ITEM_TOKENS = 8;

/** What a tool's output is cut to when room is short; enough for a traceback or the head of a table. */
export const SHORT_OUTPUT_TOKENS = 700;

export function textTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
}

export function itemTokens(item: ModelItem): number {
  switch (item.type) {
    case 'message':
      return item.content.reduce(
        (sum, part) => sum + (part.type === 'text' ? textTokens(part.text) : IMAGE_TOKENS),
        ITEM_TOKENS,
      );
    case 'tool_call':
      return ITEM_TOKENS + textTokens(item.arguments) + textTokens(JSON.stringify(item.own ?? ''));
    case 'tool_output':
      return ITEM_TOKENS + textTokens(item.output);
    case 'provider':
      return ITEM_TOKENS + textTokens(JSON.stringify(item.item));
  }
}

export function itemsTokens(items: readonly ModelItem[]): number {
  return items.reduce((sum, item) => sum + itemTokens(item), 0);
}

/** The text's beginning and end within `tokens`, with a note of what is missing between them. */
export function shorten(text: string, tokens: number): string {
  const size = textTokens(text);
  if (size <= tokens) return text;
  const kept = Math.floor((text.length * Math.max(tokens, 0)) / size);
  const head = text.slice(0, Math.ceil((kept * 2) / 3));
  const tail = text.slice(text.length - Math.floor(kept / 3));
  return `${head}\n[… ${text.length - kept} characters left out …]\n${tail}`.toWellFormed();
}

import { marked } from 'marked';
import type { Block } from './objects.ts';

/** What becomes a block of its own; all else between two of them is one block of rich text. */
const OWN_BLOCK: ReadonlySet<string> = new Set(['heading', 'hr', 'table']);

/**
 * So many blocks a message has once Slack has translated its markdown blocks, which is how it counts them: headings,
 * rules and tables each become a block, and text between them another one. Measured for Metabase in August 2026
 * (https://github.com/metabase/metabase/pull/79908, https://github.com/metabase/metabase/pull/80652).
 */
export function renderedBlocks(blocks: readonly Block[]): number {
  return blocks.reduce((sum, { type, text }) => sum + (type === 'markdown' ? blocksOf(String(text)) : 1), 0);
}

function blocksOf(markdown: string): number {
  const types = marked.lexer(markdown).flatMap(({ type }) => (type === 'space' ? [] : [type]));
  const begins = types.filter(
    (type, index) => OWN_BLOCK.has(type) || OWN_BLOCK.has(types[index - 1] ?? 'heading'),
  );
  return begins.length;
}

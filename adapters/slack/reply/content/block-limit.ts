import { marked } from 'marked';

/**
 * A message takes 50 blocks, and Slack makes one of each heading, rule and table in its Markdown and of the text
 * between them (measured for Metabase: https://github.com/metabase/metabase/pull/79908). Three are kept for what
 * stands under a reply.
 */
const MAX_BLOCKS = 47;

/** A rule, as text. */
const RULE = '———';

type Token = ReturnType<typeof marked.lexer>[number];

/**
 * The same Markdown; with bold lines instead of headings where it would make more blocks than a message takes, of which
 * `besides` are others'.
 */
export function withinBlockLimit(markdown: string, besides = 0): string {
  return isTooManyBlocks(markdown, besides) ? asOneBlock(markdown) : markdown;
}

/** Whether Markdown makes more blocks than a message takes that has so many others. */
export function isTooManyBlocks(markdown: string, besides: number): boolean {
  // Each block of its own stands in a line at least, makes a block, and ends one.
  const tooMany = Math.ceil((MAX_BLOCKS - besides) / 2);
  if (!hasLines(markdown, tooMany)) return false;
  const own = marked
    .lexer(markdown)
    .filter(({ type }) => type === 'heading' || type === 'hr' || type === 'table').length;
  return own >= tooMany;
}

/** The same Markdown without headings and rules. */
export function asOneBlock(markdown: string): string {
  return marked.lexer(markdown).map(asText).join('');
}

function hasLines(markdown: string, count: number): boolean {
  let lines = 1;
  for (let at = markdown.indexOf('\n'); at >= 0 && lines < count; at = markdown.indexOf('\n', at + 1))
    lines++;
  return lines >= count;
}

function asText({ type, raw, ...token }: Token): string {
  const [space = ''] = /\n*$/.exec(raw) ?? [];
  if (type === 'hr') return `${RULE}${space}`;
  if (type !== 'heading' || !('text' in token)) return raw;
  const title = String(token.text);
  return `${title === '' || title.includes('**') ? title : `**${title}**`}${space}`;
}

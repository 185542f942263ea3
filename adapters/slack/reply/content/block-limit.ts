import { marked } from 'marked';

/**
 * A message takes 50 blocks, and Slack makes one of each heading, rule and table in its Markdown and of the text
 * between them (measured for Metabase: https://github.com/metabase/metabase/pull/79908). Three are kept for what
 * stands under a reply.
 */
const MAX_BLOCKS = 47;

/** A rule, as text. */
const RULE = '———';

/** So many blocks of their own, each of which stands in a line at least, are too many. */
const TOO_MANY_OWN = Math.ceil(MAX_BLOCKS / 2);

type Token = ReturnType<typeof marked.lexer>[number];

/** The same Markdown; with bold lines instead of headings where it would make more blocks than a message takes. */
export function withinBlockLimit(markdown: string): string {
  if (!hasLines(markdown, TOO_MANY_OWN)) return markdown;
  const tokens = marked.lexer(markdown);
  // Each makes a block, and ends one.
  const own = tokens.filter(({ type }) => type === 'heading' || type === 'hr' || type === 'table').length;
  return own >= TOO_MANY_OWN ? tokens.map(asText).join('') : markdown;
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

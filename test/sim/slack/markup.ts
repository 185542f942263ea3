import type { Message } from './objects.ts';
import type { Workspace } from './workspace.ts';

/** `<@U…>`, `<!channel>`, `<!subteam^S…>` and the like, with an optional label. */
const MENTION = /<(@\w+|![a-z]+|!subteam\^\w+)(?:\|[^>]*)?>/g;

/** Fenced blocks and spans: what stands in them is shown as it is. */
const CODE = /((?:^|\n)[ \t]*(?:```|~~~)[\s\S]*?(?:\n[ \t]*(?:```|~~~)|$)|`+[^`\n]*`+)/;

/**
 * The mentions that Slack would make of a text. In mrkdwn they count everywhere, code included; in standard
 * Markdown not in code. A `<` written as `&lt;` makes none. A backslash before it is not documented to help, so
 * it does not.
 */
export function mentionsIn(text: string, format: Message['format']): string[] {
  const prose =
    format === 'mrkdwn'
      ? text
      : text
          .split(CODE)
          .filter((_, index) => index % 2 === 0)
          .join('\n');
  return [...prose.matchAll(MENTION)].map((match) => match[1] ?? '');
}

/** A text as a person reads it: names for mentions, characters for entities. Markdown keeps its marks. */
export function readable(workspace: Workspace, text: string, format: Message['format']): string {
  if (format === 'mrkdwn') return decoded(withLinks(withNames(workspace, text)));
  return text
    .split(CODE)
    .map((part, index) => (index % 2 === 1 ? part : decoded(withNames(workspace, part))))
    .join('');
}

function withNames(workspace: Workspace, text: string): string {
  return text.replace(MENTION, (_, target: string) => {
    if (target.startsWith('!')) return `@${target.slice(1)}`;
    return `@${workspace.users.get(target.slice(1))?.name ?? target.slice(1)}`;
  });
}

function withLinks(text: string): string {
  return text.replace(/<([a-z]+:[^|>]+)\|([^>]*)>/g, '$2 ($1)').replace(/<([a-z]+:[^>]+)>/g, '$1');
}

function decoded(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

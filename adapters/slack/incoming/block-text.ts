import { escaped } from '../markup.ts';

/** A JSON object of which nothing is known. */
type Json = Readonly<Record<string, unknown>>;

/**
 * What people read in a message's blocks (https://docs.slack.dev/reference/block-kit/blocks), in Slack's markup: some
 * messages have no other text. Buttons and menus are left out, and so is what is not known.
 */
export function blocksText(blocks: readonly unknown[]): string {
  return lines(blocks.map(blockText));
}

function blockText(block: unknown): string {
  const { type, text, title, elements, fields, rows, alt_text: alt } = objectOf(block);
  switch (type) {
    case 'rich_text':
      return lines(listOf(elements).map(richText));
    case 'table':
      return lines(listOf(rows).map((row) => listOf(row).map(cellText).join(' | ')));
    case 'image':
      return lines([textOf(title), typeof alt === 'string' ? escaped(alt) : '']);
    case 'context':
      return listOf(elements).map(blockTextOrText).filter(Boolean).join(' ');
    case 'markdown':
      return typeof text === 'string' ? text : '';
    case 'actions':
    case 'context_actions':
    case 'input':
      return '';
    default:
      return lines([textOf(title), textOf(text), ...listOf(fields).map(textOf)]);
  }
}

function blockTextOrText(element: unknown): string {
  return objectOf(element).type === 'image' ? blockText(element) : textOf(element);
}

function cellText(cell: unknown): string {
  return objectOf(cell).type === 'rich_text' ? blockText(cell) : textOf(cell);
}

/** A text object; only `mrkdwn` has markup. */
function textOf(object: unknown): string {
  const { type, text } = objectOf(object);
  if (typeof text !== 'string') return '';
  return type === 'mrkdwn' ? text : escaped(text);
}

function richText(element: unknown): string {
  const { type, elements, style } = objectOf(element);
  const inner = () => listOf(elements).map(inline).join('');
  switch (type) {
    case 'rich_text_list':
      return lines(
        listOf(elements).map(
          (item, index) => `${style === 'ordered' ? `${index + 1}.` : '-'} ${richText(item)}`,
        ),
      );
    case 'rich_text_quote':
      return inner().replace(/^/gm, '&gt; ');
    case 'rich_text_preformatted':
      return `\`\`\`\n${inner()}\n\`\`\``;
    default:
      return inner();
  }
}

function inline(element: unknown): string {
  const part = objectOf(element);
  const { type, text, url, name, range, style } = part;
  switch (type) {
    case 'user':
      return `<@${part.user_id}>`;
    case 'usergroup':
      return `<!subteam^${part.usergroup_id}>`;
    case 'channel':
      return `<#${part.channel_id}>`;
    case 'broadcast':
      return `<!${range}>`;
    case 'emoji':
      return `:${name}:`;
    case 'link':
      return typeof text === 'string' && text !== '' ? `<${url}|${escaped(text)}>` : `<${url}>`;
    case 'date':
      return typeof part.fallback === 'string' ? escaped(part.fallback) : '';
    default: {
      const words = typeof text === 'string' ? escaped(text) : '';
      return objectOf(style).code === true && words !== '' ? `\`${words}\`` : words;
    }
  }
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function lines(texts: readonly string[]): string {
  return texts.filter((text) => text.trim() !== '').join('\n');
}

import { z } from 'zod';
import { decoded, mentionedUsers, readable } from '../markup.ts';
import { blocksText } from './block-text.ts';

/** More shared messages and previews than this are not read with one message. */
const MAX_QUOTES = 20;

/** What is missing or of another type than documented is taken for missing: one odd field loses no message. */
const text = z.string().nullish().catch(undefined);
const flag = z.boolean().nullish().catch(undefined);

/** Of a list, the items that are what they should be. */
function listOf<T>(item: z.ZodType<T>) {
  return z
    .array(z.unknown())
    .catch([])
    .transform((items) => items.flatMap((one) => item.safeParse(one).data ?? []));
}

const file = z.object({
  id: text,
  name: text,
  title: text,
  mimetype: text,
  size: z.number().nullish().catch(undefined),
  mode: text,
  file_access: text,
  is_external: flag,
  url_private_download: text,
  url_private: text,
});

/** A file as Slack tells of it: https://docs.slack.dev/reference/objects/file-object */
export type SlackFile = z.infer<typeof file>;

const attachment = z.object({
  is_share: flag,
  is_msg_unfurl: flag,
  author_name: text,
  channel_name: text,
  pretext: text,
  title: text,
  text,
  fallback: text,
  fields: listOf(z.object({ title: text, value: text })),
  blocks: listOf(z.unknown()),
  message_blocks: listOf(z.object({ message: z.object({ blocks: listOf(z.unknown()) }) })),
  files: listOf(file),
});

/**
 * A message that another one shares, or the preview of a link, or what an app says: all of them come as `attachments`
 * (https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments).
 */
type Quote = z.infer<typeof attachment>;

/** What a message says and brings, in events and in a thread's history alike. */
export const contentFields = {
  text: z
    .string()
    .nullish()
    .transform((given) => given ?? ''),
  blocks: listOf(z.unknown()),
  attachments: listOf(attachment).transform((all) => all.slice(0, MAX_QUOTES)),
  files: listOf(file),
};

export interface Content {
  text: string;
  blocks: readonly unknown[];
  attachments: readonly Quote[];
  files: readonly SlackFile[];
}

/** The message's own words, in Slack's markup. Blocks count where there is no other text. */
export function wordsOf({ text, blocks }: Pick<Content, 'text' | 'blocks'>): string {
  return text.trim() === '' ? blocksText(blocks) : text;
}

/** The people whom the message or what it shares mentions, each once. */
export function mentionedIn(content: Content): string[] {
  return mentionedUsers([wordsOf(content), ...content.attachments.map(bodyOf)].join('\n'));
}

/** The message as people read it, what it shares quoted below it; `names` says who is mentioned. */
export function readableContent(content: Content, self: string, names: ReadonlyMap<string, string>): string {
  const quotes = content.attachments.map((quote) => quoted(quote, names));
  return [readable(wordsOf(content), self, names), ...quotes].filter((part) => part !== '').join('\n\n');
}

/** The files of a message and of what it shares, each once. */
export function filesIn({ files, attachments }: Content): SlackFile[] {
  const all = [...files, ...attachments.flatMap((quote) => quote.files)];
  return all.filter(({ id }, index) => !id || all.findIndex((other) => other.id === id) === index);
}

/** How a file is called; some have no name any more. */
export function nameOf({ name, title }: SlackFile): string {
  return name || title || 'file';
}

function quoted(quote: Quote, names: ReadonlyMap<string, string>): string {
  const files = quote.files.map((file) => `[file: ${nameOf(file)}]`);
  const body = [decoded(bodyOf(quote), names), ...files].filter((part) => part !== '').join('\n');
  if (body === '') return '';
  return [headingOf(quote), body.replace(/^/gm, '> ')].filter((line) => line !== '').join('\n');
}

function headingOf({ is_share, is_msg_unfurl, author_name, channel_name }: Quote): string {
  const from = author_name ? ` from ${author_name}` : '';
  const place = channel_name ? ` in #${channel_name}` : '';
  if (is_share) return `Forwarded message${from}${place}:`;
  if (is_msg_unfurl) return `Linked message${from}${place}:`;
  return author_name ? `${author_name}:` : '';
}

/** What a quote says, in Slack's markup. Its `fallback` repeats it for programs that show nothing else. */
function bodyOf({ pretext, title, text, fallback, fields, blocks, message_blocks }: Quote): string {
  const shared = message_blocks.flatMap(({ message }) => message.blocks);
  const words = text?.trim() ? text : blocksText([...blocks, ...shared]);
  const pairs = fields.map(({ title, value }) => [title, value].filter(Boolean).join(': '));
  const parts = [pretext, title, words, ...pairs].filter((part) => part?.trim());
  return parts.length > 0 ? parts.join('\n') : (fallback ?? '');
}

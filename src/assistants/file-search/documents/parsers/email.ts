import PostalMime, { type Address, type Attachment } from 'postal-mime';
import type { Block } from '../document.ts';
import type { NamedFile } from '../document-reader.ts';
import type { Parsed } from '../parts.ts';
import { parseHtml } from './html.ts';
import { parseText } from './text.ts';

/** An email: what stands in its head, its text, and the files that hang on it. */
export async function parseEmail({ bytes }: NamedFile): Promise<Parsed> {
  const { subject, from, to = [], date, text, html, attachments } = await PostalMime.parse(bytes);
  const head = [
    ['Subject', subject],
    ['From', from && named(from)],
    ['To', to.map(named).join(', ')],
    ['Date', date],
  ].flatMap(([name, value]) => (value ? [`${name}: ${value}`] : []));
  const blocks: Block[] = subject ? [{ kind: 'heading', level: 1, text: subject, place: {} }] : [];
  if (head.length > 0) blocks.push({ kind: 'text', text: head.join('\n'), place: {} });
  const body = text?.trim() ? parseText(text).blocks.map((block) => ({ ...block, place: {} })) : [];
  blocks.push(...(body.length > 0 ? body : parseHtml(html ?? '').blocks));
  return { ...(subject && { title: subject }), blocks, parts: attachments.flatMap(partOf) };
}

function named(address: Address): string {
  if (address.group) return address.group.map(named).join(', ');
  return address.name ? `${address.name} <${address.address}>` : address.address;
}

/** Pictures in the text are no documents of their own. */
function partOf({ filename, related, mimeType, content }: Attachment, at: number): NamedFile[] {
  if (related || typeof content === 'string') return [];
  return [{ name: filename ?? `attachment ${at + 1} (${mimeType})`, bytes: new Uint8Array(content) }];
}

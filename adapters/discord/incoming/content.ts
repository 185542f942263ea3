import { extname } from 'node:path';
import type { Attachment as DiscordAttachment, Embed, Message, Poll } from 'discord.js';
import type { Attachment } from '../../../src/platform.ts';
import { readable } from '../text.ts';

/** What a message shows, for a model to read: people see more of it than what its author wrote. */

/**
 * A message's text with all that stands below it: what it forwards, previews and cards, a poll, stickers.
 * @param addressed How it mentions the bot, which is no part of what it says.
 */
export function textOf(message: Message, addressed: readonly string[] = []): string {
  return paragraphs([
    ...message.messageSnapshots.map((snapshot) => labelled('Forwarded', forwardedText(snapshot, message))),
    ownText(message, message, addressed),
  ]);
}

/** The same with the names of its files. */
export function textWithFiles(message: Message): string {
  return paragraphs([textOf(message), fileNames(message)]);
}

/** Its files, and those of what it forwards. */
export function attachmentsOf({ attachments, messageSnapshots }: Message): Attachment[] {
  const forwarded = messageSnapshots.flatMap((snapshot) => snapshot.attachments);
  return [...attachments.values(), ...forwarded.values()].map(attachmentOf);
}

/** Discord keeps ASCII of a file's name; where people wrote more, its title has that, without the extension. */
export function attachmentOf({ name, title, contentType, size, url }: DiscordAttachment): Attachment {
  return {
    name: title ? title + extname(name) : name,
    type: contentType ?? 'application/octet-stream',
    size,
    url,
  };
}

/** Text as a quotation within a text. */
export function quoted(text: string): string {
  return `> ${text.replace(/\n/g, '\n> ')}`;
}

type Shown = Pick<Message, 'content' | 'embeds' | 'components' | 'poll' | 'stickers'>;

/** A snapshot has neither an author nor a channel of its own. */
function forwardedText(snapshot: Shown & Pick<Message, 'attachments'>, message: Message): string {
  return paragraphs([ownText(snapshot, message, []), fileNames(snapshot)]);
}

function ownText(shown: Shown, { channel }: Message, addressed: readonly string[]): string {
  const clean = (text: string) => readable(text, [], channel);
  return paragraphs([
    readable(shown.content, addressed, channel),
    ...shown.components.flatMap((component) => displayed(component.toJSON())).map(clean),
    ...shown.embeds.map((embed) => labelled('Embed', clean(embedText(embed)))),
    shown.poll ? labelled('Poll', pollText(shown.poll)) : '',
    shown.stickers.map(({ name }) => `[sticker: ${name}]`).join('\n'),
  ]);
}

/** The texts of a message that is laid out in components, in order. */
function displayed(component: unknown): string[] {
  const { content, components = [] } = component as { content?: unknown; components?: unknown[] };
  return [...(typeof content === 'string' ? [content] : []), ...components.flatMap(displayed)];
}

function embedText({ author, title, url, description, fields, footer }: Embed): string {
  const lines = [
    author?.name,
    title,
    url,
    description,
    ...fields.map(({ name, value }) => `${name}: ${value}`),
    footer?.text,
  ];
  return lines.filter((line) => line).join('\n');
}

function pollText({ question, answers }: Poll): string {
  const options = answers.map(({ text, voteCount }) => `- ${text ?? ''} (${voteCount} votes)`);
  return [question.text ?? '', ...options].join('\n');
}

function fileNames({ attachments }: Pick<Message, 'attachments'>): string {
  return attachments.map((attachment) => `[file: ${attachmentOf(attachment).name}]`).join('\n');
}

function labelled(label: string, text: string): string {
  return text === '' ? '' : `${label}:\n${quoted(text)}`;
}

function paragraphs(texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join('\n\n');
}

import { randomUUID } from 'node:crypto';
import { parse } from 'node:path';
import { tooManyAttachments } from './api-error.ts';
import { snowflake } from './ids.ts';
import type { Attachment } from './model.ts';
import { Form } from './validation/form.ts';
import type { MessageBody } from './validation/message.ts';

export interface NewFile {
  name: string;
  data: Buffer;
  contentType: string;
}

/** Files by the number of their part, `files[n]`, to which `attachments[].id` refers. */
export type NewFiles = ReadonlyMap<string, NewFile>;

/** Code 30015 of https://discord.com/developers/docs/topics/opcodes-and-status-codes#json */
const PER_MESSAGE = 10;

/** What stays of the old attachments (all, when the body doesn't list them) and what comes new. */
export function attach(body: MessageBody, files: NewFiles, before: readonly Attachment[]): Attachment[] {
  const listed = body.attachments;
  const kept = listed ? before.filter(({ id }) => listed.some((item) => item.id === id)) : [...before];
  const form = new Form();
  for (const [index, { id }] of (listed ?? []).entries()) {
    if (!files.has(id) && !before.some((attachment) => attachment.id === id)) {
      form.fault(['attachments', index, 'id'], 'ATTACHMENT_NOT_FOUND', `Attachment ${id} was not found`);
    }
  }
  form.check();
  if (kept.length + files.size > PER_MESSAGE) throw tooManyAttachments();
  const added = [...files].map(([number, file]) => {
    const described = listed?.find(({ id }) => id === number);
    return stored({ ...file, name: described?.filename ?? file.name }, described?.description);
  });
  return [...kept, ...added];
}

/** The file as Discord keeps it. */
export function stored(file: NewFile, description: string | null = null): Attachment {
  return { ...file, ...named(file.name), id: snowflake(), description };
}

/**
 * Discord keeps ASCII letters, digits, dots, dashes and underscores of a file's name, and where it takes others away, the
 * whole name without its extension as the title (discord-api-docs#2102, #6945).
 */
function named(name: string): { name: string; title: string | null } {
  const { name: stem, ext } = parse(name.replaceAll(' ', '_'));
  const safe = (text: string) => text.replace(/[^\w.-]/g, '');
  const kept = safe(stem).replace(/^[._]+/, '');
  const isWhole = safe(stem) === stem;
  return { name: (kept || randomUUID()) + safe(ext), title: isWhole ? null : parse(name).name };
}

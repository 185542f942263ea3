import { z } from 'zod';
import type { Args } from '../args.ts';
import { parseBlocks } from '../blocks.ts';
import type { Block, Message } from '../objects.ts';
import { explained, SlackError } from '../slack-error.ts';

const MARKDOWN_TEXT = 12_000;
/** Longer text is cut off, without an error: https://docs.slack.dev/reference/methods/chat.postMessage */
const POSTED_TEXT = 40_000;
/** https://docs.slack.dev/reference/methods/chat.update, `msg_too_long` */
const UPDATED_TEXT = 4_000;
const MAX_ATTACHMENTS = 100;
const METADATA_CHARACTERS = 16_000;

export interface Content {
  text: string;
  blocks: Block[];
  format: Message['format'];
}

/** What a message is to say. `undefined` when the call says nothing at all. */
export function contentOf(args: Args): Partial<Content> | undefined {
  const text = args.text('text');
  const markdown = args.text('markdown_text');
  const given = args.json('blocks');
  const attachments = args.list('attachments') ?? [];
  if (attachments.length > MAX_ATTACHMENTS) throw new SlackError('too_many_attachments');
  if (markdown !== undefined) return markdownContent(markdown, text !== undefined || given !== undefined);
  if (text === undefined && given === undefined && attachments.length === 0) return undefined;
  return {
    format: 'mrkdwn',
    ...(text !== undefined && { text }),
    ...(given !== undefined && { blocks: parseBlocks(given) }),
  };
}

function markdownContent(markdown: string, conflict: boolean): Content {
  if (conflict) throw new SlackError('markdown_text_conflict');
  if (markdown.length > MARKDOWN_TEXT) throw new SlackError('msg_too_long');
  return { text: markdown, blocks: [], format: 'markdown' };
}

/** Throws `no_text` and what `contentOf` throws. */
export function newContent(args: Args): Content {
  const { text = '', blocks = [], format = 'mrkdwn' } = contentOf(args) ?? {};
  if (text === '' && blocks.length === 0) throw new SlackError('no_text');
  return { text: text.slice(0, POSTED_TEXT), blocks, format };
}

/**
 * What an update leaves: blocks stay when it brings no text, and go when it brings text only. Only text marks
 * the message as edited. https://docs.slack.dev/reference/methods/chat.update
 */
export function updatedContent(args: Args, message: Message): Content & { marked: boolean } {
  const given = changedContent(args);
  if (given === undefined) throw new SlackError('no_text');
  if (given.format !== 'markdown' && (given.text ?? '').length > UPDATED_TEXT)
    throw new SlackError('msg_too_long');
  const keepsBlocks = given.blocks === undefined && given.text === undefined;
  const blocks = keepsBlocks ? message.blocks : (given.blocks ?? []);
  const text = given.text ?? message.text;
  if (text === '' && blocks.length === 0) throw new SlackError('no_text');
  return { text, blocks, format: given.format ?? 'mrkdwn', marked: given.blocks === undefined };
}

/** The page of `chat.update` knows `msg_too_long` alone. */
function changedContent(args: Args): Partial<Content> | undefined {
  try {
    return contentOf(args);
  } catch (error) {
    if (error instanceof SlackError && error.code === 'msg_blocks_too_long')
      throw new SlackError('msg_too_long');
    throw error;
  }
}

const metadataSchema = z.object({
  event_type: z.string().regex(/^\w+$/),
  event_payload: z.record(z.string(), z.json()),
});

/** What an update leaves: metadata stays when it brings none, and goes when it brings an empty object. */
export function updatedMetadata(args: Args): Pick<Message, 'metadata'> {
  const given = args.json('metadata');
  const isEmpty = typeof given === 'object' && Object.keys(Object(given)).length === 0;
  return isEmpty ? { metadata: undefined } : metadataOf(args);
}

/** Throws `invalid_metadata_format`, `metadata_too_large`. */
export function metadataOf(args: Args): Pick<Message, 'metadata'> {
  const given = args.json('metadata');
  if (given === undefined) return {};
  const { data: metadata } = metadataSchema.safeParse(given);
  if (metadata === undefined) {
    throw explained('invalid_metadata_format', ['metadata needs event_type and event_payload']);
  }
  if (JSON.stringify(metadata).length > METADATA_CHARACTERS) throw new SlackError('metadata_too_large');
  return { metadata };
}

import { type OpenAI, toFile } from 'openai';
import type { MessageContentPartParam, MessageCreateParams } from 'openai/resources/beta/threads/messages';
import type { FileQuota } from '../../file-quota.ts';
import type { Attachment, IncomingMessage } from '../../platform.ts';
import { Problem } from '../../problem.ts';

/** Of one file, in bytes; of a message's one after the other is in memory. */
const LARGEST_FILE = 25 * 1024 * 1024;

/** More files in one message than this are refused: the API takes no more. */
const MOST_FILES = 10;

/** A tool that an assistant opens people's files with. */
export type FileTool = 'code_interpreter' | 'file_search';

/** What models can look at. */
const IMAGES: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

/** Fetches a file from its platform. */
export type Download = (attachment: Attachment, maxBytes: number) => Promise<Uint8Array>;

/**
 * A message as the API takes it, its files uploaded: every file for the code interpreter, documents for the search, images
 * for the model's eyes, where the assistant has the `tools` for them. A file that can't be taken is named in the text, so
 * that the answer can speak of it.
 */
export async function withFiles(
  client: OpenAI,
  message: IncomingMessage,
  download: Download | undefined,
  tools: readonly FileTool[],
  quota?: FileQuota,
): Promise<Pick<MessageCreateParams, 'content' | 'attachments'>> {
  const files = message.attachments ?? [];
  if (files.length === 0) return { content: message.text };
  const admit = async ({ length }: Uint8Array) => {
    const refusal = await quota?.take({ conversation: message.conversation }, length);
    if (refusal !== undefined) throw new Problem(refusal.replace(/\.$/, ''));
  };
  const uploads: Upload[] = [];
  for (const [index, file] of files.entries())
    uploads.push(await upload(client, file, () => fetchFile(file, index, download), admit));
  const refusals = uploads.flatMap((result) => (result.refusal ? [result.refusal] : []));
  const text = [message.text, ...refusals.map((refusal) => `[${refusal}]`)]
    .filter((line) => line !== '')
    .join('\n');
  const taken = uploads.flatMap((result) => (result.id ? [{ id: result.id, image: result.image }] : []));
  const images = taken.filter(({ image }) => image);
  const content: MessageContentPartParam[] = [
    { type: 'text', text: text || 'See the attached files.' },
    ...images.map(({ id }) => ({ type: 'image_file' as const, image_file: { file_id: id } })),
  ];
  const attachments = taken.flatMap(({ id: file_id, image }) => {
    const its = tools.filter((type) => type !== 'file_search' || !image);
    return image && its.length === 0 ? [] : [{ file_id, tools: its.map((type) => ({ type })) }];
  });
  return { content, attachments };
}

/**
 * The same message without a search in its files, which its server refuses; the text says so. `unused` are those that were
 * only to be searched.
 */
export function withoutSearch(
  message: MessageCreateParams,
  reason: string,
): { message: MessageCreateParams; unused: string[] } {
  const { content, attachments } = message;
  const note = `[The attached files can't be searched: ${reason}]`;
  const others = (attachments ?? []).map(({ file_id, tools = [] }) => ({
    file_id: file_id ?? '',
    tools: tools.filter(({ type }) => type !== 'file_search'),
  }));
  const [used, unused] = [
    others.filter(({ tools }) => tools.length > 0),
    others.filter(({ tools }) => tools.length === 0),
  ];
  const parts: MessageContentPartParam[] =
    typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  return {
    message: { ...message, content: [...parts, { type: 'text', text: note }], attachments: used },
    unused: unused.map(({ file_id }) => file_id),
  };
}

/** Whether a message brings files that are to be searched. */
export function isSearched({ attachments }: MessageCreateParams): boolean {
  return (attachments ?? []).some(({ tools = [] }) => tools.some(({ type }) => type === 'file_search'));
}

interface Upload {
  id?: string;
  image?: boolean;
  refusal?: string;
}

async function upload(
  client: OpenAI,
  file: Attachment,
  fetch: () => Promise<Uint8Array>,
  admit: (bytes: Uint8Array) => Promise<void>,
): Promise<Upload> {
  try {
    const bytes = await fetch();
    await admit(bytes);
    const image = IMAGES.has(file.type);
    const content = await toFile(bytes, file.name, { type: file.type });
    const { id } = await client.files.create({ file: content, purpose: image ? 'vision' : 'assistants' });
    return { id, image };
  } catch (error) {
    const reason = error instanceof Problem ? error.message : 'it could not be fetched. Attach it again';
    return { refusal: `The file ${JSON.stringify(file.name)} is not here: ${reason}.` };
  }
}

/** The content of an attached file, the one at `index` in its message. Throws a `Problem` for one that can't be taken. */
export async function fetchFile(
  file: Attachment,
  index: number,
  download: Download | undefined,
): Promise<Uint8Array> {
  if (file.unavailable !== undefined) throw new Problem(file.unavailable);
  if (!download) throw new Problem('files are not taken here');
  if (index >= MOST_FILES) throw new Problem(`a message can bring ${MOST_FILES} files`);
  if (file.size > LARGEST_FILE) throw tooLarge();
  const bytes = await download(file, LARGEST_FILE);
  if (bytes.byteLength === 0) throw new Problem('it is empty');
  if (bytes.byteLength > LARGEST_FILE) throw tooLarge();
  return bytes;
}

function tooLarge(): Problem {
  return new Problem(`it is larger than ${LARGEST_FILE / 1024 / 1024} MB. Attach a smaller one`);
}

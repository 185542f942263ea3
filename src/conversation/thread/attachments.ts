import { type OpenAI, toFile } from 'openai';
import type { MessageContentPartParam, MessageCreateParams } from 'openai/resources/beta/threads/messages';
import type { Attachment, IncomingMessage } from '../../platform.ts';
import { Problem } from '../../problem.ts';

/** The Assistants server's limit on one file, in bytes. */
const LARGEST_FILE = 25 * 1024 * 1024;

/** More files in one message than this are refused: the API takes no more. */
const MOST_FILES = 10;

/** What models can look at. */
const IMAGES: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

/** Fetches a file from its platform. */
export type Download = (attachment: Attachment, maxBytes: number) => Promise<Uint8Array>;

/**
 * A message as the API takes it, its files uploaded: every file for the code interpreter, images for the model's eyes
 * too. A file that can't be taken is named in the text, so that the answer can speak of it.
 */
export async function withFiles(
  client: OpenAI,
  message: IncomingMessage,
  download: Download | undefined,
): Promise<Pick<MessageCreateParams, 'content' | 'attachments'>> {
  const files = message.attachments ?? [];
  if (files.length === 0) return { content: message.text };
  const uploads = await Promise.all(files.map((file, index) => upload(client, file, index, download)));
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
  const attachments = taken.map(({ id }) => ({
    file_id: id,
    tools: [{ type: 'code_interpreter' as const }],
  }));
  return { content, attachments };
}

interface Upload {
  id?: string;
  image?: boolean;
  refusal?: string;
}

async function upload(
  client: OpenAI,
  file: Attachment,
  index: number,
  download: Download | undefined,
): Promise<Upload> {
  try {
    const bytes = await fetchFile(file, index, download);
    const image = IMAGES.has(file.type);
    const content = await toFile(bytes, file.name, { type: file.type });
    const { id } = await client.files.create({ file: content, purpose: image ? 'vision' : 'assistants' });
    return { id, image };
  } catch (error) {
    const reason = error instanceof Problem ? error.message : 'it could not be fetched. Attach it again';
    return { refusal: `The file ${JSON.stringify(file.name)} is not here: ${reason}.` };
  }
}

async function fetchFile(
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

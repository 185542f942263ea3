import { basename } from 'node:path/posix';
import type { OpenAI } from 'openai';
import type { KeptFile } from '../../functions/attempted-once.ts';
import type { Logger } from '../../log.ts';
import { fileIds } from '../../reply/transcript/file-ids.ts';
import type { Transcript } from '../../reply/transcript/transcript.ts';
import type { ReplyFile } from '../../view.ts';
import { imageDescription } from './image-description.ts';

/** The files that a run brought forth; one that can't be had is left out, and the log says why. */
export function producedFiles(transcript: Transcript, client: OpenAI, log: Logger): Promise<ReplyFile[]> {
  const files = fileIds(transcript).map((id) => ({ id }));
  return fetchFiles(files, client, log);
}

/** Files of the Assistants server, those left out that can't be had. */
export async function fetchFiles(
  files: readonly KeptFile[],
  client: OpenAI,
  log: Logger,
): Promise<ReplyFile[]> {
  const found: ReplyFile[] = [];
  // One after the other: on its way each takes several times its size.
  for (const file of files) {
    const fetched = await fetchFile(client, file).catch((error: unknown) =>
      log.warn({ err: error, file: file.id }, 'a file of a run is gone'),
    );
    if (fetched) found.push(fetched);
  }
  return found;
}

async function fetchFile(client: OpenAI, { id, description }: KeptFile): Promise<ReplyFile> {
  const [{ filename }, content] = await Promise.all([client.files.retrieve(id), client.files.content(id)]);
  const bytes = new Uint8Array(await content.arrayBuffer());
  const shows = description ?? imageDescription(bytes);
  return { id, name: basename(filename), bytes, ...(shows !== undefined && { description: shows }) };
}

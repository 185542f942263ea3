import { basename } from 'node:path/posix';
import type { OpenAI } from 'openai';
import type { Logger } from '../../log.ts';
import type { ReplyFile } from '../../platform.ts';
import { fileIds } from '../../reply/transcript/file-ids.ts';
import type { Transcript } from '../../reply/transcript/transcript.ts';
import { imageDescription } from './image-description.ts';

/** The files that a run brought forth; one that can't be had is left out, and the log says why. */
export async function producedFiles(
  transcript: Transcript,
  client: OpenAI,
  log: Logger,
): Promise<ReplyFile[]> {
  const found = fileIds(transcript).map((id) =>
    fetchFile(client, id).catch((error: unknown) =>
      log.warn({ err: error, file: id }, 'a file of a run is gone'),
    ),
  );
  return (await Promise.all(found)).filter((file) => file !== undefined);
}

async function fetchFile(client: OpenAI, id: string): Promise<ReplyFile> {
  const [{ filename }, content] = await Promise.all([client.files.retrieve(id), client.files.content(id)]);
  const bytes = new Uint8Array(await content.arrayBuffer());
  const description = imageDescription(bytes);
  return { id, name: basename(filename), bytes, ...(description !== undefined && { description }) };
}

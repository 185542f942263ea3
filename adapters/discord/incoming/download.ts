import type { Attachment } from '../../../src/platform.ts';
import { Problem } from '../../../src/problem.ts';

/** For the whole file, in ms. */
const DOWNLOAD_TIMEOUT_MS = 60_000;

/** The content of a file that somebody attached. @throws Problem that says what is wrong with it. */
export async function download({ url }: Attachment, maxBytes: number): Promise<Uint8Array> {
  const response = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS) });
  if (!response.ok || !response.body)
    throw new Problem(`Discord does not have it any more (status ${response.status})`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > maxBytes) throw new Problem(`it is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

import type { Attachment } from '../../../src/platform.ts';
import { Problem } from '../../../src/problem.ts';

/** For the whole file, in ms. */
const DOWNLOAD_TIMEOUT_MS = 60_000;

/** Where Discord keeps files and shows them: https://discord.com/developers/docs/reference#image-formatting */
const FILE_HOSTS: ReadonlySet<string> = new Set(['cdn.discordapp.com', 'media.discordapp.net']);

/**
 * The content of a file that somebody attached, from Discord's own hosts, or from where its API is configured to be. No
 * redirect is followed. @throws Problem that says what is wrong with it.
 */
export async function download({ url }: Attachment, maxBytes: number, apiUrl: string): Promise<Uint8Array> {
  if (!isDiscords(url, apiUrl)) {
    const host = URL.parse(url)?.host || 'an unknown address';
    throw new Problem(`it is kept outside of Discord, at ${host}. Attach the file itself`);
  }
  const signal = AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS);
  const response = await fetch(url, { redirect: 'manual', signal });
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

function isDiscords(address: string, apiUrl: string): boolean {
  const url = URL.parse(address);
  if (url?.username !== '' || url.password !== '') return false;
  if (url.origin === new URL(apiUrl).origin) return true;
  return url.protocol === 'https:' && url.port === '' && FILE_HOSTS.has(url.hostname);
}

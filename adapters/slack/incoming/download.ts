import type { Attachment } from '../../../src/platform.ts';
import { Problem } from '../../../src/problem.ts';
import { hostOf, isSlackFile } from '../addresses.ts';

/** Longer than this no download takes, in milliseconds. */
const TIMEOUT_MS = 60_000;

/**
 * The content of a file that people attached, at most `maxBytes` of it. The token goes to Slack alone: a file that is
 * kept elsewhere is refused, and no redirect is followed. Throws a `Problem` that says why the file can't be had, as the
 * end of a sentence.
 */
export async function download(
  { type, url }: Attachment,
  maxBytes: number,
  botToken: string,
  apiUrl: string | undefined,
): Promise<Uint8Array> {
  if (!isSlackFile(url, apiUrl))
    throw new Problem(`it is kept outside of Slack, at ${hostOf(url)}. Attach the file itself`);
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${botToken}` },
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const given = response.headers.get('content-type') ?? '';
  // Without access Slack sends to its sign-in page instead of answering an error.
  const isSignIn = response.status >= 300 && response.status < 400;
  const isPage = given.startsWith('text/html') && !type.startsWith('text/html');
  if (isSignIn || isPage)
    throw new Problem('Slack does not give it out: the app may not read it. Attach it here again');
  if (!response.ok) throw new Problem(`Slack answered with status ${response.status}. Attach it again`);
  return read(response, maxBytes);
}

async function read(response: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= maxBytes) break;
  }
  return new Uint8Array(Buffer.concat(chunks).subarray(0, maxBytes));
}

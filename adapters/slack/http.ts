import type { IncomingMessage, RequestListener } from 'node:http';
import type { HTTPReceiver } from '@slack/bolt';

/** What Slack posts is far smaller, in bytes; this is Bolt's own limit. */
const MAX_BODY = 1024 * 1024;

/** Bodies that are JSON and yet nothing: Bolt reads them outside of its own `try`, which would end the process. */
const NOTHING = /^\s*(?:payload=)?null\s*$/;

/**
 * Bolt's listener for what Slack posts, kept to what it can read. It throws at paths and methods that are not its own,
 * and takes a body that is read already from `rawBody`.
 */
export function listenerOf(receiver: HTTPReceiver): RequestListener {
  return async (request, response) => {
    try {
      const rawBody = await bodyOf(request);
      if (rawBody === undefined) response.writeHead(413).end();
      else if (NOTHING.test(String(rawBody))) response.writeHead(400).end();
      else receiver.requestListener(Object.assign(request, { rawBody }), response);
    } catch {
      response.writeHead(404).end();
    }
  };
}

/** Undefined when it is longer than the limit. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= MAX_BODY) chunks.push(chunk);
  }
  return size <= MAX_BODY ? Buffer.concat(chunks) : undefined;
}

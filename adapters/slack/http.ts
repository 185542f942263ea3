import type { IncomingMessage, RequestListener } from 'node:http';
import { HTTPReceiver } from '@slack/bolt';
import type { Logger } from '../../src/log.ts';
import { boltLog } from './bolt-log.ts';
import { HTTP_PATH } from './surface.ts';

/** What Slack posts is far smaller, in bytes; this is Bolt's own limit. */
const MAX_BODY = 1024 * 1024;

/** Slack waits three seconds. What has no answer so long, in milliseconds, gets one that has Slack deliver it again. */
const ANSWER_MS = 2_700;

/** Bodies that are JSON and yet nothing: Bolt reads them outside of its own `try`, which would end the process. */
const NOTHING = /^\s*(?:payload=)?null\s*$/;

/** Bolt's receiver of what Slack posts. */
export function newReceiver(signingSecret: string, log: Logger): HTTPReceiver {
  return new HTTPReceiver({
    signingSecret,
    endpoints: [HTTP_PATH],
    unhandledRequestTimeoutMillis: ANSWER_MS,
    unhandledRequestHandler: ({ response }) => {
      log.info('something from Slack is not taken yet, and shall come again');
      if (!response.headersSent) response.writeHead(503).end();
    },
    logger: boltLog(log),
  });
}

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

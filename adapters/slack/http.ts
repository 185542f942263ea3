import type { IncomingMessage, RequestListener } from 'node:http';
import { HTTPReceiver } from '@slack/bolt';
import type { Logger } from '../../src/log.ts';
import { boltLog } from './bolt-log.ts';
import { Replays } from './replays.ts';
import { HTTP_PATH } from './surface.ts';

/** What Slack posts is far smaller, in bytes; this is Bolt's own limit. */
const MAX_BODY = 1024 * 1024;

/** Slack waits three seconds. What has no answer so long, in milliseconds, gets one that has Slack deliver it again. */
const ANSWER_MS = 2_700;

/** So far ahead of ours, in seconds, Slack's clock may be: as far as it may be behind for Bolt. */
const TOLERANCE_S = 300;

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
  const replays = new Replays();
  return async (request, response) => {
    try {
      const rawBody = await bodyOf(request);
      // What is left of it is not read: the connection is closed once the answer is sent.
      if (rawBody === undefined) response.writeHead(413, { connection: 'close' }).end();
      else if (isOfTheFuture(request)) response.writeHead(401).end();
      else if (NOTHING.test(String(rawBody))) response.writeHead(400).end();
      else if (!(await replays.answers(request, response)))
        receiver.requestListener(Object.assign(request, { rawBody }), response);
    } catch {
      response.writeHead(404).end();
    }
  };
}

/** A request that was kept for later use; old ones Bolt refuses itself. */
function isOfTheFuture({ headers }: IncomingMessage): boolean {
  return Number(headers['x-slack-request-timestamp']) > Date.now() / 1_000 + TOLERANCE_S;
}

/** Undefined when it is longer than the limit, as soon as that is known. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > MAX_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

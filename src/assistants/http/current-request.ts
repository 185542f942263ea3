import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';

/** What the log says of a request. */
export interface RequestFacts {
  /** What the answer's `x-request-id` says. */
  id: string;
  method: string;
  path: string;
  /** What the client calls it: `X-Client-Request-Id`. */
  clientId?: string;
}

/** OpenAI's own bounds on a client's id: https://developers.openai.com/api/reference/overview */
const CLIENT_ID = /^[\x20-\x7e]{1,512}$/;

const current = new AsyncLocalStorage<RequestFacts>();

/** The request on whose behalf the calling code runs; a run belongs to the request that started or continued it. */
export function currentRequest(): RequestFacts | undefined {
  return current.getStore();
}

/** Gives each request an id, which its answer names, whatever it is. */
export const identify: MiddlewareHandler = async (c, next) => {
  const id = `req_${randomUUID().replaceAll('-', '')}`;
  const clientId = c.req.header('x-client-request-id') ?? '';
  const { method, path } = c.req;
  await current.run({ id, method, path, ...(CLIENT_ID.test(clientId) && { clientId }) }, next);
  c.header('x-request-id', id);
};

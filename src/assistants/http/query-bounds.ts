import type { MiddlewareHandler } from 'hono';
import { invalidRequest } from '../api-error.ts';

/** More parameters than any call has; how long an address may be, the HTTP server bounds. */
const MOST_PARAMETERS = 100;

/** Throws a 400 ApiError for an address with too many parameters, before they are read. */
export const boundQuery: MiddlewareHandler = async (c, next) => {
  if (parametersIn(c.req.url) > MOST_PARAMETERS)
    throw invalidRequest(`The address of your request has more than ${MOST_PARAMETERS} parameters.`);
  await next();
};

/** At most one more than are allowed. */
function parametersIn(url: string): number {
  let at = url.indexOf('?');
  let count = 0;
  for (; at >= 0 && count <= MOST_PARAMETERS; at = url.indexOf('&', at + 1)) count++;
  return count;
}

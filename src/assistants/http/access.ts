import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { ApiError, invalidRequest } from '../api-error.ts';

const HOW_TO_SEND_KEY =
  "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).";

/** Wording: https://github.com/backmesh/openai-react-native/issues/10 */
const HOW_TO_SEND_BETA =
  "You must provide the 'OpenAI-Beta' header to access the Assistants API. Please try again by setting the header 'OpenAI-Beta: assistants=v2'.";

/** Lets in who sends one of `apiKeys` as a bearer token; throws a 401 ApiError otherwise, which shows no key. */
export function requireApiKey(apiKeys: string[]): MiddlewareHandler {
  const digests = apiKeys.map(digest);
  return async (c, next) => {
    const [, key] = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '') ?? [];
    if (key === undefined) throw new ApiError(401, HOW_TO_SEND_KEY);
    const sent = digest(key);
    // Every key is compared, and digests are of one length: the time tells nothing about a key.
    const matches = digests.filter((known) => timingSafeEqual(known, sent));
    if (matches.length === 0)
      throw new ApiError(401, 'Incorrect API key provided.', { code: 'invalid_api_key' });
    await next();
  };
}

/** Throws a 400 ApiError for a request that does not ask for version 2 of the Assistants API. */
export const requireBeta: MiddlewareHandler = async (c, next) => {
  const versions = (c.req.header('openai-beta') ?? '').split(',').map((version) => version.trim());
  if (!versions.includes('assistants=v2')) throw invalidRequest(HOW_TO_SEND_BETA, { code: 'invalid_beta' });
  await next();
};

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

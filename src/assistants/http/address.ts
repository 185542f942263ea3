import { getPath } from 'hono/utils/url';

/**
 * The path by which a request finds its route: old programs have base URLs without `/v1`, with a slash too many, or
 * put `/v1` before paths that have it already, and all of them mean the same.
 */
export function routePath(request: Request): string {
  const path = getPath(request).replace(/\/{2,}/g, '/');
  const [, rest = ''] = /^(?:\/v1(?=\/|$))*(.*?)\/?$/s.exec(path) ?? [];
  return `/v1${rest}`;
}

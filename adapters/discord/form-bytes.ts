import { DefaultRestOptions, type RESTOptions } from 'discord.js';

/**
 * Sends forms with files as bytes. discord.js's own undici leaves the sending to whatever dispatcher the process has set,
 * and that of another undici, such as one with a proxy, does not know a form for one.
 */
export const sendFormsAsBytes: RESTOptions['makeRequest'] = async (url, init) => {
  if (!(init.body instanceof FormData)) return DefaultRestOptions.makeRequest(url, init);
  const form = new Response(init.body);
  const type = form.headers.get('content-type') ?? '';
  const headers = { ...(init.headers as Record<string, string>), 'Content-Type': type };
  // `bytes` is missing where `@hono/node-server` has put its own Response in place of Node's.
  const body = new Uint8Array(await form.arrayBuffer());
  return DefaultRestOptions.makeRequest(url, { ...init, headers, body });
};

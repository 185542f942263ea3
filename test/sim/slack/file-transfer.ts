import type { IncomingMessage } from 'node:http';
import type { App } from './app.ts';
import type { HttpAnswer } from './http.ts';
import type { Workspace } from './workspace.ts';

/** The second step of an upload: the bytes themselves, raw or as a form's only file. */
export async function receiveUpload(
  workspace: Workspace,
  pathname: string,
  request: IncomingMessage,
  body: Buffer,
): Promise<HttpAnswer> {
  const file = workspace.files.get(pathname.split('/')[3] ?? '');
  if (file === undefined || file.content !== undefined) return { status: 404, body: 'not found' };
  const content = await contentOf(request, body);
  if (content.length !== file.length) return { status: 400, body: 'file length does not match' };
  workspace.files.set(file.id, { ...file, content });
  return { status: 200, body: `OK - ${content.length}` };
}

async function contentOf(request: IncomingMessage, body: Buffer): Promise<Buffer> {
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('multipart/form-data')) return body;
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
  const uploaded = [...form.values()].find((value) => typeof value !== 'string');
  return uploaded === undefined ? Buffer.alloc(0) : Buffer.from(await uploaded.arrayBuffer());
}

/**
 * `url_private`. Without a token that may read files, Slack sends a browser to its sign-in page, which a client
 * that follows redirects takes for the file: HTML, status 200.
 */
export function serveFile(
  workspace: Workspace,
  app: App,
  pathname: string,
  request: IncomingMessage,
): HttpAnswer {
  const given = (request.headers.authorization ?? '').replace('Bearer ', '');
  const token = app.tokens.get(given);
  const mayRead = token?.state !== 'revoked' && (token?.scopes ?? []).includes('files:read');
  if (!mayRead) return { status: 302, headers: { location: '/signin' }, body: '' };
  const id = pathname.split('/')[2]?.split('-')[1] ?? '';
  const file = workspace.files.get(id);
  if (file?.content === undefined)
    return { status: 404, headers: { 'content-type': 'text/html' }, body: 'Not found' };
  return { status: 200, headers: { 'content-type': file.mimetype }, body: file.content };
}

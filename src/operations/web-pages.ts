import type { IncomingMessage, ServerResponse } from 'node:http';

/*
 * What protects a server that asks for no key from the web pages that people of its machine look at. Such a page reaches
 * it in two ways: it has its own name lead to this machine, and is then no stranger to the browser (DNS rebinding); or it
 * sends a form, which browsers let every page do. The first shows in `Host`, the second in `Origin` and `Sec-Fetch-Site`,
 * which no page can set: https://developer.mozilla.org/docs/Glossary/Forbidden_request_header
 */

/** Why a request is not answered, as whole sentences for whoever sent it; undefined when it is. */
export type Objection = (request: IncomingMessage) => string | undefined;

/** This machine's names that lead nowhere else, whoever answers for names. Its port may be one that leads to ours. */
const HERE = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

/** How browsers mark what a page of the same origin asks for, and what a person does who types an address. */
const NO_OTHER_PAGE: ReadonlySet<string> = new Set(['same-origin', 'none']);

const FROM_A_PAGE =
  'A web page of another origin has asked for this, and nothing here is for web pages: ask with a program.';

/** Objects to what does not name this machine, and to what web pages send. @param remedy What else can be done. */
export function onlyThisMachine(remedy: string): Objection {
  return (request) =>
    namesThisMachine(request)
      ? noWebPages(request)
      : `Only requests to localhost, 127.0.0.1 or [::1] are answered here: ask for one of them by its name. ${remedy}`;
}

/** Objects to what a browser sends for a page of another origin. */
export const noWebPages: Objection = (request) => (isFromAnotherPage(request) ? FROM_A_PAGE : undefined);

/** Whether the request was sent to this machine by a name that leads nowhere else. */
export function namesThisMachine(request: IncomingMessage): boolean {
  const hosts = request.headersDistinct.host ?? [];
  return hosts.length === 1 && HERE.test(hosts[0] ?? '') && isNamedOnce(request);
}

/** Answers as the Assistants API would. */
export function refuse(response: ServerResponse, message: string): void {
  const error = { message, type: 'invalid_request_error', param: null, code: 'forbidden' };
  response.statusCode = 403;
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ error }));
}

/** Whether the target itself names no host, or the same one: https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2 */
function isNamedOnce({ url = '', headers }: IncomingMessage): boolean {
  if (url.startsWith('/') || url === '*') return true;
  return URL.parse(url)?.host === URL.parse(`http://${headers.host}`)?.host;
}

/** An origin is exactly one of scheme, host and port: that of another port is another one's. */
function isFromAnotherPage({ headers, headersDistinct }: IncomingMessage): boolean {
  const origins = headersDistinct.origin ?? [];
  const isForeign = origins.some((origin) => origin !== `http://${headers.host}`.toLowerCase());
  const sites = headersDistinct['sec-fetch-site'] ?? [];
  return isForeign || sites.some((site) => !NO_OTHER_PAGE.has(site));
}

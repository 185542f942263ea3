import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { namesThisMachine } from '../../../operations/web-pages.ts';
import { Problem } from '../../../problem.ts';

/** Where whoever has signed in is led back to. */
const PATH = '/callback';

/** Nobody but the browser of this machine. */
const HOST = '127.0.0.1';

const THANKS = 'Thank you. You can close this page and go back to the terminal.\n';
const NOT_MEANT = 'This page waits for somebody who signs in, and that was something else.\n';

/** Waits on this machine for whoever comes back from signing in. */
export interface Callback {
  readonly url: string;
  /** What the browser brought along. */
  readonly arrived: Promise<URLSearchParams>;
  close(): void;
}

/**
 * Opens a page for the way back. Throws a `Problem` when the port can't be had.
 * @param port 0 for any.
 * @param state What only somebody who was sent away brings back.
 */
export async function openCallback(port: number, state: string): Promise<Callback> {
  const arrived = Promise.withResolvers<URLSearchParams>();
  const server = createServer((request, response) => {
    const brought = namesThisMachine(request) ? broughtBy(request, state) : undefined;
    response.writeHead(brought ? 200 : 400, {
      'content-type': 'text/plain; charset=utf-8',
      connection: 'close',
    });
    response.end(brought ? THANKS : NOT_MEANT);
    if (brought) arrived.resolve(brought);
  });
  server.listen(port, HOST);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new Problem(
      `Port ${port} of this machine can't be used for signing in: ${(error as Error).message}. Set another port under oauth.`,
      { cause: error },
    );
  }
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${HOST}:${taken}${PATH}`,
    arrived: arrived.promise,
    close: () => void server.close(),
  };
}

/** What the browser of somebody who was sent away brings back, whatever else pages of this machine ask for. */
function broughtBy({ method, url = '' }: IncomingMessage, state: string): URLSearchParams | undefined {
  const { pathname, searchParams } = URL.parse(url, `http://${HOST}`) ?? {};
  const isMeant = method === 'GET' && pathname === PATH && searchParams?.get('state') === state;
  return isMeant ? searchParams : undefined;
}

/** What somebody pasted who came back elsewhere; undefined when it is not what the browser would bring. */
export function pasted(line: string, state: string): URLSearchParams | undefined {
  const params = URL.parse(line.trim())?.searchParams;
  return params?.get('state') === state ? params : undefined;
}

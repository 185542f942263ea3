import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { Problem } from '../problem.ts';

export interface HttpOptions {
  port: number;
  /** The address to listen on; every one of the machine's when left out. */
  hostname?: string;
  /** Whether messages are taken: what `/readyz` says. */
  ready: () => boolean;
  /** What `/metrics` says, in Prometheus's text format. */
  metrics?: () => Promise<string>;
  /** Answers every address that is not the server's own. */
  assistants?: (request: Request) => Response | Promise<Response>;
  /** Listeners that platforms bring, by the path they answer. */
  listeners?: Readonly<Record<string, RequestListener>>;
}

export interface HttpServer {
  port: number;
  close(): Promise<void>;
}

/** The one HTTP server of the process. Throws a `Problem` when the port can't be opened. */
export async function openHttp(options: HttpOptions): Promise<HttpServer> {
  const { port, hostname, listeners = {} } = options;
  const own = getRequestListener(routes(options).fetch);
  const server = createServer((request, response) => {
    const listener = listeners[(request.url ?? '').split('?')[0] ?? ''];
    if (listener) listener(request, response);
    else void own(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(portProblem(port, error)));
    server.listen(port, hostname, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function routes({ ready, metrics, assistants }: HttpOptions): Hono {
  const app = new Hono();
  app.get('/healthz', (c) => c.text('ok'));
  app.get('/readyz', (c) => (ready() ? c.text('ready') : c.text('not ready', 503)));
  if (metrics) app.get('/metrics', async (c) => c.text(await metrics()));
  if (assistants) app.all('*', (c) => assistants(c.req.raw));
  return app;
}

function portProblem(port: number, error: NodeJS.ErrnoException): Problem {
  const reason = error.code === 'EADDRINUSE' ? 'is in use' : `can't be opened (${error.code})`;
  return new Problem(`Port ${port} ${reason}: set PORT to a free one.`, { cause: error });
}

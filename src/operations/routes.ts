import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';

export interface RouteOptions {
  /** Whether messages are taken: what `/readyz` says. */
  ready: () => boolean;
  /** Why they can't be kept at the moment, which `/readyz` says, too; undefined when they can. */
  problem?: () => Promise<string | undefined>;
  /** What `/metrics` says, in Prometheus's text format. */
  metrics?: () => Promise<string>;
  /** Answers every address that is not the server's own. */
  assistants?: (request: Request) => Response | Promise<Response>;
}

/** What the process's HTTP server answers by itself. */
export function routes({ ready, problem, metrics, assistants }: RouteOptions): RequestListener {
  const app = new Hono();
  app.get('/healthz', (c) => c.text('ok'));
  app.get('/readyz', async (c) => {
    if (!ready()) return c.text('not ready', 503);
    const reason = await problem?.();
    return reason === undefined ? c.text('ready') : c.text(`not ready: ${reason}`, 503);
  });
  if (metrics) app.get('/metrics', async (c) => c.text(await metrics()));
  if (assistants) app.all('*', (c) => assistants(c.req.raw));
  return getRequestListener(app.fetch);
}

import type { RequestListener } from 'node:http';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { type Checks, readinessOf } from './health/readiness.ts';
import type { WrongKeys } from './wrong-keys.ts';

const NOT_READY = 'It is starting or stopping.';

export interface RouteOptions {
  /** Whether the process has started and is not ending. */
  ready: () => boolean;
  /** What has to work besides for messages to be answered: what `/readyz` says. */
  checks?: Checks;
  /** What `/metrics` says, in Prometheus's text format. */
  metrics?: () => Promise<string>;
  /** Answers every address that is not the server's own. */
  assistants?: (request: Request) => Response | Promise<Response>;
  wrongKeys: WrongKeys;
}

/** What the process's HTTP server answers by itself. */
export function routes({
  ready,
  checks = {},
  metrics,
  assistants,
  wrongKeys,
}: RouteOptions): RequestListener {
  const app = new Hono<{ Bindings: HttpBindings }>();
  // Whoever gets this answer knows that the process lives and that its event loop turns.
  app.get('/healthz', (c) => c.text('ok'));
  app.get('/readyz', async (c) => {
    const readiness = await readinessOf({ process: () => (ready() ? undefined : NOT_READY), ...checks });
    return c.json(readiness, readiness.ready ? 200 : 503);
  });
  if (metrics) app.get('/metrics', async (c) => c.text(await metrics()));
  if (assistants)
    app.all('*', async (c) => {
      const response = await assistants(c.req.raw);
      const { incoming, outgoing } = c.env;
      if (response.status === 401) await wrongKeys.hold(incoming.socket.remoteAddress ?? '', outgoing);
      return response;
    });
  return getRequestListener(app.fetch);
}

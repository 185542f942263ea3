import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Problem } from '../problem.ts';
import type { Clock } from '../reply/publisher/clock.ts';
import type { RefusalObserver } from './metrics/observer.ts';
import type { RouteOptions } from './routes.ts';
import { type Objection, refuse } from './web-pages.ts';
import { WrongKeys } from './wrong-keys.ts';

/** How long answers that are being sent may still take when the server is closed. */
const LAST_ANSWERS_MS = 3_000;

export interface HttpOptions extends Omit<RouteOptions, 'wrongKeys'> {
  port: number;
  /** Tells for how long answers to wrong keys are held back; for tests. */
  clock?: Clock;
  /** The variable that sets it, for whoever has to; `PORT` when left out. */
  setting?: string;
  /** Milliseconds that answers may take when the server is closed; three seconds when left out. */
  lastAnswersMs?: number;
  /** The address to listen on; every one of the machine's when left out. */
  hostname?: string;
  /** Looks at each request before anything else; everything is answered when left out. */
  objection?: Objection;
  observer?: RefusalObserver;
  /** Listeners that platforms bring, by the path they answer. */
  listeners?: Readonly<Record<string, RequestListener>>;
}

export interface HttpServer {
  port: number;
  /** Takes no more connections, lets the answers that are on their way arrive, and closes what is idle. */
  close(): Promise<void>;
}

/** Answers with a status of these are counted. */
const REFUSALS: ReadonlySet<number> = new Set([401, 403]);

/** An HTTP server of the process. Throws a `Problem` when the port can't be opened. */
export async function openHttp(options: HttpOptions): Promise<HttpServer> {
  const { port, hostname, objection, observer, listeners = {}, lastAnswersMs = LAST_ANSWERS_MS } = options;
  const { setting = 'PORT' } = options;
  const wrongKeys = new WrongKeys(options.clock);
  let own: Promise<RequestListener> | undefined;
  // Loaded with the first request, so that the start need not wait for it.
  const loadOwn = () => import('./routes.ts').then(({ routes }) => routes({ ...options, wrongKeys }));
  let closing = false;
  const server = createServer((request, response) => {
    // Once its answer has gone out, the connection would be kept for the client's next request.
    response.once('close', () => {
      if (closing) setImmediate(() => server.closeIdleConnections());
      if (REFUSALS.has(response.statusCode)) observer?.requestRefused(response.statusCode);
    });
    const reason = objection?.(request);
    if (reason !== undefined) {
      refuse(response, reason);
      return;
    }
    const listener = listeners[(request.url ?? '').split('?')[0] ?? ''];
    if (listener) listener(request, response);
    else {
      own ??= loadOwn();
      void own.then((answer) => answer(request, response));
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(portProblem(setting, port, error)));
    server.listen(port, hostname, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      closing = true;
      wrongKeys.close();
      const cut = setTimeout(() => server.closeAllConnections(), lastAnswersMs);
      await new Promise<void>((resolve) => server.close(() => resolve()));
      clearTimeout(cut);
    },
  };
}

function portProblem(setting: string, port: number, error: NodeJS.ErrnoException): Problem {
  const reason = error.code === 'EADDRINUSE' ? 'is in use' : `can't be opened (${error.code})`;
  return new Problem(`Port ${port} ${reason}: set ${setting} to a free one.`, { cause: error });
}

import { Hono } from 'hono';
import { ApiError, invalidUrl, serverError, wrongMethod } from './api-error.ts';
import { assistantRoutes } from './assistant-routes.ts';
import type { Explain } from './failures.ts';
import { fileRoutes } from './file-routes.ts';
import { requireApiKey, requireBeta } from './http/access.ts';
import { routePath } from './http/address.ts';
import { identify } from './http/current-request.ts';
import { boundQuery } from './http/query-bounds.ts';
import { answerAfterBody } from './http/request-body.ts';
import { messageRoutes } from './message-routes.ts';
import { type CheckModel, modelRoutes } from './model-routes.ts';
import type { Catalogue } from './models/catalogue.ts';
import type { State } from './state.ts';
import type { ActiveRun, Written } from './thread.ts';
import { threadRoutes } from './thread-routes.ts';

export interface AppOptions {
  state: State;
  activeRun: ActiveRun;
  written: Written;
  /** What the provider offers. */
  catalogue: Catalogue;
  /** Stands for the models that are not offered. */
  standIn?: string;
  /** Left out, assistants may have any model. */
  checkModel?: CheckModel;
  /** The routes of runs and run steps, with paths such as `/threads/:thread_id/runs`. */
  runRoutes: Hono;
  /** The routes of vector stores; left out where nothing is searched. */
  vectorStoreRoutes?: Hono;
  /** The keys of which a client must send one; left out, everybody is let in. */
  apiKeys?: string[];
  /** Gets the cause of every answer with status 500, which the client is not told. */
  onError: (error: unknown) => void;
  explain?: Explain;
}

const METHODS = ['GET', 'POST', 'DELETE'];

/** The Assistants API, under `/v1` or without it, for `app.fetch` in this process or a server's socket. */
export function createAssistantsApp({
  state,
  activeRun,
  written,
  catalogue,
  standIn,
  checkModel,
  runRoutes,
  vectorStoreRoutes,
  apiKeys,
  onError,
  explain,
}: AppOptions): Hono {
  const app = new Hono({ getPath: routePath });
  app.onError((error) => {
    if (!(error instanceof ApiError)) onError(error);
    return errorAnswer(error instanceof ApiError ? error : serverError(explain?.(error)));
  });
  app.notFound((c) => {
    const { method, path, url } = c.req;
    const asked = new URL(url).pathname;
    const allowed = METHODS.filter((other) => takes(app, other, path));
    if (allowed.length === 0) return errorAnswer(invalidUrl(method, asked));
    return errorAnswer(wrongMethod(method, asked), { allow: allowed.join(', ') });
  });

  app.use(identify);
  app.use(answerAfterBody);
  if (apiKeys) app.use(requireApiKey(apiKeys));
  app.use(boundQuery);
  app.use('/v1/assistants/*', requireBeta);
  app.use('/v1/threads/*', requireBeta);

  // Runs first: `POST /threads/runs` would otherwise update a thread named "runs".
  app.route('/v1', runRoutes);
  app.route('/v1', assistantRoutes({ state, ...(checkModel && { checkModel }) }));
  app.route('/v1', threadRoutes({ state, activeRun }));
  app.route('/v1', messageRoutes({ state, activeRun, written }));
  app.route('/v1', fileRoutes({ state }));
  if (vectorStoreRoutes) app.route('/v1', vectorStoreRoutes);
  app.route('/v1', modelRoutes({ catalogue, ...(standIn !== undefined && { standIn }) }));
  return app;
}

function errorAnswer(error: ApiError, headers: Record<string, string> = {}): Response {
  // The SDK would send the request again, though it may have done its work before it failed.
  const onlyOnce = error.status === 500 && { 'x-should-retry': 'false' };
  return Response.json(error, { status: error.status, headers: { ...headers, ...onlyOnce } });
}

/** Whether a route, and not only what stands before all routes, answers at the address. */
function takes(app: Hono, method: string, path: string): boolean {
  return app.router.match(method, path)[0].some(([[, route]]) => route.method === method);
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  ApiError,
  invalidApiVersion,
  methodNotAllowed,
  notFound,
  unauthorized,
  userAgentNeeded,
} from '../api-error.ts';
import { isJson } from '../json.ts';
import { type Body, readBody } from './body.ts';
import { Calls } from './calls.ts';
import { type Fault, Faults } from './faults.ts';
import { type Headers, rateLimited, retryAfterHeader, type Verdict } from './rate-limits.ts';
import { type Answer, type Backend, Request } from './route.ts';
import { applicationRoutes } from './routes/application.ts';
import { channelRoutes } from './routes/channels.ts';
import { interactionRoutes } from './routes/interactions.ts';
import { messageRoutes } from './routes/messages.ts';
import { peopleRoutes } from './routes/people.ts';

const API = '/api/v10';
const ROUTES = [applicationRoutes, peopleRoutes, channelRoutes, messageRoutes, interactionRoutes]
  .flat()
  .map((route) => ({ ...route, pattern: patternOf(route.path), name: `${route.method} ${route.path}` }));

type NamedRoute = (typeof ROUTES)[number];

/** 401, 403 and 429 are the requests that Discord calls invalid. */
const INVALID = [401, 403, 429];
/** `Via` tells Discord's own answers from those of Cloudflare before it. */
const VIA: Headers = { Via: '1.1 google' };
const JSON_ANSWER: Headers = { ...VIA, 'Content-Type': 'application/json' };

interface Match {
  route: NamedRoute;
  params: Record<string, string>;
}

/** The REST API: from a request's bytes to its answer, with everything in between that can refuse it. */
export class RestServer {
  readonly calls = new Calls();
  readonly faults = new Faults();
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  async handle(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const path = url.pathname.startsWith(`${API}/`) ? url.pathname.slice(API.length) : null;
    const match = path === null ? null : find(request.method ?? '', path);
    const name = match?.route.name ?? `${request.method} ${path ?? url.pathname}`;
    const body = await readBody(request).catch((error: unknown) => toApiError(error));
    const fault = this.faults.next(name);
    const status = await this.#answer(request, response, { url, path, match, body, fault });
    const characters =
      body instanceof ApiError || !isJson(body.json) ? 0 : String(body.json.content ?? '').length;
    this.calls.record({
      method: request.method ?? '',
      route: name,
      path: path ?? url.pathname,
      status,
      characters,
      at: Date.now(),
    });
  }

  /** Writes the answer and returns its status; 0 when there is none. */
  async #answer(request: IncomingMessage, response: ServerResponse, given: Given): Promise<number> {
    const { fault } = given;
    const banned = this.#backend.limits.bannedFor;
    if (banned > 0) return this.#refuseBanned(response, banned);
    if (fault === 'hang') return 0;
    if (fault === 'cut') return cut(response);
    if (typeof fault === 'number') return fail(response, fault);
    const verdict = this.#admit(request, given.match);
    const refusal = verdict.refusal ?? ordered(fault);
    const answer = refusal ?? this.#run(given);
    if (fault === 'lost-answer') return cut(response);
    return this.#write(response, answer, verdict.headers);
  }

  /** Who may ask, and how often. */
  #admit(request: IncomingMessage, match: Match | null): Verdict {
    if (!/^DiscordBot \(.+\)/.test(request.headers['user-agent'] ?? ''))
      return { headers: {}, refusal: userAgentNeeded() };
    if (!match) return { headers: {}, refusal: null };
    const { route, params } = match;
    const authorized = request.headers.authorization === `Bot ${this.#backend.world.settings.token}`;
    if (!route.byToken && !authorized) return { headers: {}, refusal: unauthorized() };
    if (route.bucket === null) return { headers: {}, refusal: null };
    const major = route.major.map((key) => params[key]).join(' ');
    const { limits } = this.#backend;
    return route.byToken ? limits.takeExempt(route.bucket, major) : limits.take(route.bucket, major);
  }

  #run({ url, path, match, body }: Given): Answer | ApiError {
    if (path === null) return url.pathname.startsWith('/api') ? invalidApiVersion() : notFound();
    if (!match) return ROUTES.some(({ pattern }) => pattern.test(path)) ? methodNotAllowed() : notFound();
    if (body instanceof ApiError) return body;
    const { params, route } = match;
    try {
      return route.handle(
        new Request(this.#backend, { params, query: url.searchParams, body: body.json, files: body.files }),
      );
    } catch (error) {
      return toApiError(error);
    }
  }

  #write(response: ServerResponse, answer: Answer | ApiError, headers: Headers): number {
    const retryAfter = answer instanceof ApiError ? answer.details.retry_after : undefined;
    const limited = typeof retryAfter === 'number' && {
      'Retry-After': retryAfterHeader(retryAfter, this.#backend.world.settings.wholeSeconds),
    };
    const scope = answer instanceof ApiError ? answer.scope : null;
    const told = { ...headers, ...(scope && { 'X-RateLimit-Scope': scope }), ...limited };
    const body = answer.body === undefined ? null : JSON.stringify(answer.body);
    response.writeHead(answer.status, { ...(body === null ? VIA : JSON_ANSWER), ...told });
    response.end(body ?? undefined);
    if (INVALID.includes(answer.status) && scope !== 'shared') this.#backend.limits.countInvalid();
    return answer.status;
  }

  /** Cloudflare answers in Discord's place, without any of its headers. */
  #refuseBanned(response: ServerResponse, ms: number): number {
    const { wholeSeconds } = this.#backend.world.settings;
    response.writeHead(429, {
      'Content-Type': 'text/plain',
      'Retry-After': retryAfterHeader(ms / 1000, wholeSeconds),
    });
    response.end('error code: 1015');
    this.#backend.limits.countInvalid();
    return 429;
  }
}

interface Given {
  url: URL;
  path: string | null;
  match: Match | null;
  body: Body | ApiError;
  fault: Fault | null;
}

/** The 429 that a test has ordered. */
function ordered(fault: Fault | null): ApiError | null {
  if (typeof fault !== 'object' || fault === null) return null;
  return rateLimited(fault.retryAfter * 1_000, 'shared');
}

function cut(response: ServerResponse): number {
  response.destroy();
  return 0;
}

/** 500 comes from Discord as JSON, 502 and above from Cloudflare as a page. */
function fail(response: ServerResponse, status: number): number {
  if (status === 500) {
    response
      .writeHead(status, JSON_ANSWER)
      .end(JSON.stringify({ message: '500: Internal Server Error', code: 0 }));
  } else {
    response.writeHead(status, { 'Content-Type': 'text/html' }).end(`<html><h1>Error ${status}</h1></html>`);
  }
  return status;
}

function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  throw error;
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`);
}

function find(method: string, path: string): Match | null {
  for (const route of ROUTES) {
    const found = route.method === method ? route.pattern.exec(path) : null;
    if (found) {
      const params = Object.entries(found.groups ?? {}).map(([key, value]) => [
        key,
        decodeURIComponent(value),
      ]);
      return { route, params: Object.fromEntries(params) };
    }
  }
  return null;
}

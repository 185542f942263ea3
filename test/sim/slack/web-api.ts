import type { IncomingMessage } from 'node:http';
import { Args } from './args.ts';
import { type Call, type Method, requireScope, type Services } from './call.ts';
import type { Counters } from './counters.ts';
import { type Fault, type Faults, nameOf } from './faults.ts';
import type { HttpAnswer } from './http.ts';
import { METHODS } from './methods/index.ts';
import type { Json } from './objects.ts';
import type { TokenSpec } from './options.ts';
import type { RateLimiter } from './rate-tiers.ts';
import { SlackError } from './slack-error.ts';
import type { Workspace } from './workspace.ts';

export interface WebApiParts {
  services: Services;
  /** The workspace that a token belongs to. */
  workspaceOf(token: TokenSpec): Workspace;
  rates: RateLimiter;
  faults: Faults;
  counters: Counters;
}

/** The Web API: `POST /api/METHOD`, form or JSON. Slack answers errors with 200, and only limits with 429. */
export class WebApi {
  readonly #parts: WebApiParts;

  constructor(parts: WebApiParts) {
    this.#parts = parts;
  }

  /** `undefined` says that no answer is to be sent. */
  async answer(name: string, request: IncomingMessage, body: Buffer): Promise<HttpAnswer | undefined> {
    const at = Date.now();
    const args = parseArgs(request, body);
    const fault = this.#parts.faults.take(name);
    const runs = fault === undefined || fault.applied === true || 'delayMs' in fault;
    const usual = runs ? this.#run(name, request, args) : undefined;
    const result = (fault && nameOf(fault)) ?? usual?.error ?? 'ok';
    const values = args instanceof SlackError ? {} : args.values;
    this.#parts.counters.count({ method: name, args: values, at, answer: result });
    return fault === undefined ? usual?.answer : await faulty(fault, request, usual?.answer);
  }

  #run(
    name: string,
    request: IncomingMessage,
    args: Args | SlackError,
  ): { answer: HttpAnswer; error: string } {
    let token: TokenSpec | undefined;
    try {
      if (args instanceof SlackError) throw args;
      const method = METHODS.get(name);
      if (method === undefined) throw new SlackError('unknown_method', { req_method: name });
      token = this.#authenticate(method, request, args);
      const wait = this.#parts.rates.take(name, method.limits, args.text('channel') ?? '');
      if (wait !== undefined) return { answer: tooMany(wait), error: 'ratelimited' };
      const call: Call = {
        args,
        token,
        workspace: this.#parts.workspaceOf(token),
        services: this.#parts.services,
      };
      requireScope(call, ...method.scopes);
      const result = method.run(call);
      return { answer: ok({ ok: true, ...result }, token, method.scopes), error: 'ok' };
    } catch (error) {
      if (!(error instanceof SlackError)) throw error;
      return { answer: ok({ ok: false, error: error.code, ...error.detail }, token, []), error: error.code };
    }
  }

  /** Throws `not_authed`, `invalid_auth`, `token_revoked`, `account_inactive`, `not_allowed_token_type`. */
  #authenticate(method: Method, request: IncomingMessage, args: Args): TokenSpec {
    const header = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    const given = header ?? args.text('token');
    if (given === undefined) throw new SlackError('not_authed');
    const token = this.#parts.services.app.tokens.get(given);
    if (token === undefined) throw new SlackError('invalid_auth');
    if (token.state === 'revoked') throw new SlackError('token_revoked');
    if (token.state === 'inactive') throw new SlackError('account_inactive');
    if (token.kind !== (method.token ?? 'bot')) throw new SlackError('not_allowed_token_type');
    return token;
  }
}

function ok(body: Json, token: TokenSpec | undefined, accepted: string[]): HttpAnswer {
  const scopes = token?.scopes;
  return {
    status: 200,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      ...(scopes !== undefined && {
        'x-oauth-scopes': scopes.join(','),
        'x-accepted-oauth-scopes': accepted.join(','),
      }),
    },
    body: JSON.stringify(body),
  };
}

function tooMany(seconds: number): HttpAnswer {
  return {
    status: 429,
    headers: { 'content-type': 'application/json; charset=utf-8', 'retry-after': String(seconds) },
    body: JSON.stringify({ ok: false, error: 'ratelimited' }),
  };
}

async function faulty(
  fault: Fault,
  request: IncomingMessage,
  usual?: HttpAnswer,
): Promise<HttpAnswer | undefined> {
  if ('status' in fault) {
    const body = `<!DOCTYPE html><title>${fault.status}</title>`;
    return { status: fault.status, headers: { 'content-type': 'text/html' }, body };
  }
  if ('error' in fault) return ok({ ok: false, error: fault.error }, undefined, []);
  if ('retryAfter' in fault) return tooMany(fault.retryAfter);
  if ('network' in fault) {
    if (fault.network === 'reset') request.socket.destroy();
    return undefined;
  }
  await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
  return usual;
}

/** The query and the body together. Errors are those of https://docs.slack.dev/apis/web-api */
function parseArgs(request: IncomingMessage, body: Buffer): Args | SlackError {
  const query = new URL(request.url ?? '/', 'http://localhost').searchParams;
  const fromQuery = Object.fromEntries(query);
  if (body.length === 0) return new Args(fromQuery);
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim();
  if (type === '') return new SlackError('missing_post_type');
  if (type === 'application/x-www-form-urlencoded') {
    return new Args({ ...fromQuery, ...Object.fromEntries(new URLSearchParams(body.toString())) });
  }
  if (type !== 'application/json') return new SlackError('invalid_post_type');
  try {
    const parsed: unknown = JSON.parse(body.toString());
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
      return new SlackError('json_not_object');
    return new Args({ ...fromQuery, ...parsed });
  } catch {
    return new SlackError('invalid_json');
  }
}

import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from 'openai';
import { isObject, objectAt, stringAt } from './json.ts';
import { StallError } from './stall.ts';
import { isContextExceeded, isLoading, isQuotaUsedUp } from './symptoms.ts';

/** Retries like the SDK's own, which come too early for a stream that fails before its first event. */
export const MAX_RETRIES = 2;
/** The first retry's delay; each further one takes twice as long. */
export const RETRY_DELAY_MS = 500;
/** A person waits in a chat: when the server asks for a longer pause, they are told instead. */
export const MAX_RETRY_AFTER_MS = 30_000;
/** Of a provider's own words so many characters are looked at: gateways wrap others' errors in long ones. */
const MAX_WORDS = 4_000;

/** An answer that ended or was made in a way in which no answer should be. */
export class BrokenAnswer extends Error {
  readonly kind: 'cut' | 'web-page' | 'malformed' | 'not-understood';

  constructor(kind: BrokenAnswer['kind']) {
    super(`The answer is ${kind}.`);
    this.name = 'BrokenAnswer';
    this.kind = kind;
  }
}

/** What went wrong between us and a provider, whichever way it came to light. */
export interface Failure {
  kind: 'refused' | 'unreachable' | 'stalled' | BrokenAnswer['kind'];
  /** The HTTP status; left out when the error came inside a stream without one. */
  status?: number;
  /** The provider's error code and type, one after the other. */
  code: string;
  /** The parameter that the provider complains about. */
  param: string;
  /** The provider's own words, or the system's error code for a connection that failed. */
  words: string;
  /** How long the server asks to wait. */
  retryAfterMs?: number;
  mayRetry: boolean;
}

/** Reads any error of the SDK, of `fetch` or of ours; undefined when it is none of them but a bug. */
export function failureOf(error: unknown): Failure | undefined {
  const nothingElse = { code: '', param: '', words: '' };
  const stall = causes(error).find((cause) => cause instanceof StallError);
  if (stall || error instanceof APIConnectionTimeoutError) {
    const words = stall ? `${stall.ms / 1000} seconds` : 'ten minutes';
    return { ...nothingElse, kind: 'stalled', words, mayRetry: false };
  }
  if (error instanceof BrokenAnswer) {
    const mayRetry = error.kind === 'cut' || error.kind === 'malformed';
    return { ...nothingElse, kind: error.kind, mayRetry };
  }
  if (error instanceof SyntaxError) return { ...nothingElse, kind: 'malformed', mayRetry: true };
  const connection = connectionCode(error);
  if (connection) return { ...nothingElse, ...connection, mayRetry: true };
  if (error instanceof APIError && !(error instanceof APIUserAbortError)) return refusalOf(error);
  return undefined;
}

/** How long to wait before the next try; undefined when another try is of no use. */
export function retryDelay(failure: Failure, tries: number, firstDelayMs: number): number | undefined {
  if (!failure.mayRetry || tries >= MAX_RETRIES) return undefined;
  if (failure.retryAfterMs === undefined) return firstDelayMs * 2 ** tries * (1 - Math.random() / 4);
  return failure.retryAfterMs <= MAX_RETRY_AFTER_MS ? failure.retryAfterMs : undefined;
}

function refusalOf(error: APIError): Failure {
  const body: unknown = error.error;
  const words = wordsOf(error);
  if (/<!doctype html|<html/i.test(words) && error.status !== undefined && error.status < 500) {
    return { kind: 'web-page', status: error.status, code: '', param: '', words: '', mayRetry: false };
  }
  const code = codesOf(body);
  const status = error.status ?? statusIn(body);
  const retryAfterMs = retryAfter(error.headers);
  const failure: Failure = {
    kind: 'refused',
    ...(status !== undefined && { status }),
    code,
    param: stringAt(body, 'param'),
    words: words.startsWith('<') ? '' : words,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    mayRetry: false,
  };
  const transient =
    isLoading(failure) ||
    (status === undefined ? isTransient(code) : [408, 409, 429].includes(status) || status >= 500);
  const forbidden = error.headers?.get('x-should-retry') === 'false';
  return {
    ...failure,
    mayRetry: transient && !forbidden && !isQuotaUsedUp(failure) && !isContextExceeded(failure),
  };
}

/** The error's code, type and status; Azure puts the exact one inside (`innererror`). */
function codesOf(body: unknown): string {
  if (!isObject(body)) return '';
  const { code, type, status } = body;
  return [code, type, status, objectAt(body, 'innererror').code].filter(isWord).join(' ');
}

function isWord(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number';
}

function isTransient(code: string): boolean {
  return /rate_limit|server_error|overloaded|unavailable|timeout/i.test(code);
}

/** vLLM and OpenRouter put the HTTP status into the `code` of an error that comes inside a stream. */
function statusIn(body: unknown): number | undefined {
  const code = isObject(body) ? Number(body.code ?? Number.NaN) : Number.NaN;
  return code >= 400 && code < 600 ? code : undefined;
}

/** OpenRouter says what the model's own provider said in `metadata.raw`. */
function wordsOf(error: APIError): string {
  const body: unknown = error.error;
  const said = isObject(body) ? (body.message ?? body.msg ?? body.detail ?? body) : body;
  const own = typeof said === 'string' ? said : said === undefined ? error.message : JSON.stringify(said);
  const text = `${own} ${stringAt(objectAt(body, 'metadata'), 'raw')}`;
  const words = text.replace(/\s+/g, ' ').trim();
  const bare = words.replace(/^\d{3} (status code \(no body\))?/, '').trim();
  return bare.slice(0, MAX_WORDS);
}

/** `retry-after-ms`, or `Retry-After` in seconds or as a date (RFC 9110, 10.2.3). */
function retryAfter(headers: Headers | undefined): number | undefined {
  const precise = Number.parseFloat(headers?.get('retry-after-ms') ?? '');
  if (precise >= 0) return precise;
  const given = headers?.get('retry-after');
  if (!given) return undefined;
  const ms = /^\d/.test(given) ? Number.parseFloat(given) * 1000 : Date.parse(given) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(ms, 0);
}

/** Reads the code out of what `fetch` threw: `terminated` and resets cut an answer, the rest never reached. */
function connectionCode(error: unknown): Pick<Failure, 'kind' | 'words'> | undefined {
  const chain = causes(error);
  if (!chain.some((cause) => cause instanceof TypeError || cause instanceof APIConnectionError)) {
    return undefined;
  }
  const code = chain.map((cause) => stringAt(cause, 'code')).findLast((found) => found !== '');
  if (code && ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(code)) return { kind: 'cut', words: code };
  const connecting = code !== undefined || error instanceof APIConnectionError;
  return connecting ? { kind: 'unreachable', words: code ?? chain.at(-1)?.message ?? '' } : undefined;
}

function causes(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let cause = error; cause instanceof Error && chain.length < 8; cause = cause.cause) chain.push(cause);
  return chain;
}

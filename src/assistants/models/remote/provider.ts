import OpenAI, { type APIPromise } from 'openai';
import type { OfferedModel } from '../model.ts';
import { answerValues, errorBody } from './answer-body.ts';
import { BrokenAnswer } from './failure.ts';
import { isObject, listAt, numberAt, stringAt } from './json.ts';
import { fetchWithStallTimeout, STALL_TIMEOUT_MS, WHOLE_ANSWER_TIMEOUT_MS } from './stall.ts';

/** For the list of models, which only makes an error's sentence better. */
const OFFERED_TIMEOUT_MS = 5_000;

/** Local servers ask for placeholders such as `ollama` or `lm-studio`, which are no secrets but words of sentences. */
const MIN_SECRET_LENGTH = 12;

const LIKE_A_SECRET = /\bsk-[\w-]{8,}|(?<=\bBearer\s+)[\w.~+/-]{8,}=*|(?<=:\/\/)[^\s/@]+(?=@)/gi;

export interface ProviderOptions {
  /** `OPENAI_BASE_URL`; api.openai.com when left out. */
  baseURL?: string;
  /** Empty for a server that asks for none. */
  apiKey: string;
  /** Milliseconds before the first retry; 500 when left out. */
  retryDelayMs?: number;
  /** For how many milliseconds a stream may bring nothing; `STALL_TIMEOUT_MS` when left out. */
  stallMs?: number;
}

/** Calls one of the API's endpoints through the SDK. */
export type Send = (
  client: OpenAI,
  options: { signal: AbortSignal },
) => Pick<APIPromise<unknown>, 'asResponse'>;

/** A model provider's server: its address, and how its answers are read. */
export class Provider {
  /** The base URL as it may be shown: without a password and a query. */
  readonly url: string;
  readonly #apiKey: string;
  readonly #streaming: OpenAI;
  readonly #whole: OpenAI;

  constructor(options: ProviderOptions) {
    this.#apiKey = options.apiKey;
    this.#streaming = new Client({
      ...(options.baseURL !== undefined && { baseURL: options.baseURL }),
      apiKey: options.apiKey || 'none',
      maxRetries: 0,
      timeout: WHOLE_ANSWER_TIMEOUT_MS,
      logLevel: 'off',
      fetch: fetchWithStallTimeout(options.stallMs ?? STALL_TIMEOUT_MS),
    });
    this.#whole = this.#streaming.withOptions({ fetch: fetchWithStallTimeout(WHOLE_ANSWER_TIMEOUT_MS) });
    this.url = this.redact(this.#streaming.baseURL.replace(/[?#].*$/, '').replace(/\/+$/, ''));
  }

  /** The JSON values of one answer, and `CLOSED` when its server has closed it. */
  async *ask(send: Send, streamed: boolean, signal: AbortSignal): AsyncGenerator<unknown> {
    const client = streamed ? this.#streaming : this.#whole;
    const controller = new AbortController();
    const abort = () => controller.abort(signal.reason);
    signal.throwIfAborted();
    signal.addEventListener('abort', abort, { once: true });
    try {
      const response = await send(client, { signal: controller.signal }).asResponse();
      yield* answerValues(response, controller, client);
      signal.throwIfAborted();
    } finally {
      signal.removeEventListener('abort', abort);
      controller.abort();
    }
  }

  /** The models; empty when the provider does not say. Never throws. */
  async offered(signal: AbortSignal): Promise<OfferedModel[]> {
    try {
      return await this.list(AbortSignal.any([signal, AbortSignal.timeout(OFFERED_TIMEOUT_MS)]));
    } catch {
      return [];
    }
  }

  /** The same, with what goes wrong. */
  async list(signal: AbortSignal): Promise<OfferedModel[]> {
    // The SDK's own list would be empty for whatever is none.
    const body: unknown = await this.#streaming.get('/models', { signal });
    const list = isObject(body) ? listAt(body, 'data') : body;
    if (!Array.isArray(list)) throw new BrokenAnswer('web-page');
    return list.flatMap(offeredModel);
  }

  /** `text` without this provider's key, anything that looks like a key, and passwords in URLs. */
  redact(text: string): string {
    const isSecret = this.#apiKey.length >= MIN_SECRET_LENGTH;
    const known = isSecret ? text.replaceAll(this.#apiKey, '[redacted]') : text;
    return known.replace(LIKE_A_SECRET, '[redacted]');
  }
}

/** Errors as lists (Gemini), and without `error` around them (vLLM, FastAPI), are put where the SDK looks. */
class Client extends OpenAI {
  protected override makeStatusError(
    status: number,
    body: unknown,
    message: string | undefined,
    headers: Headers,
  ) {
    const known = body === undefined ? body : errorBody(body);
    return super.makeStatusError(status, known as object, message, headers);
  }
}

/** One entry of the list, if it names a model. */
function offeredModel(entry: unknown): OfferedModel[] {
  const id = stringAt(entry, 'id');
  const created = numberAt(entry, 'created');
  const ownedBy = stringAt(entry, 'owned_by');
  return id === '' ? [] : [{ id, ...(created !== undefined && { created }), ...(ownedBy && { ownedBy }) }];
}

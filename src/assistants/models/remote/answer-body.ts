import type OpenAI from 'openai';
import { APIError } from 'openai';
import { Stream } from 'openai/streaming';
import { BrokenAnswer } from './failure.ts';
import { isObject, type JsonObject } from './json.ts';

/** Comes after the last value of an answer that its server has closed: by `[DONE]`, or as one whole JSON value. */
export const CLOSED = Symbol('the server has closed the answer');

/**
 * The JSON values of an answer, and `CLOSED`. What it is, its first character says: servers send a whole answer to a
 * request for a stream, and call JSON a stream or the other way round. Throws `BrokenAnswer` for what is neither, and
 * `APIError` for an error with status 200.
 */
export async function* answerValues(
  response: Response,
  controller: AbortController,
  client: OpenAI,
): AsyncGenerator<unknown> {
  if (!response.body) throw new BrokenAnswer('cut');
  const { first, body } = await peek(response.body);
  if (first === '{' || first === '[') {
    yield failureless(JSON.parse(await new Response(body).text()), true);
    yield CLOSED;
    return;
  }
  const type = response.headers.get('content-type') ?? '';
  if (first === '<' || /text\/html/i.test(type)) throw new BrokenAnswer('web-page');
  const watch = new DoneWatch();
  const watched = new Response(body.pipeThrough(watch.transform), response);
  for await (const value of Stream.fromSSEResponse<unknown>(watched, controller, client)) {
    yield failureless(value, false);
  }
  if (watch.seen) yield CLOSED;
}

/** The error in the body of an answer that failed, under `error` as the SDK looks for it. */
export function errorBody(body: unknown): object {
  const one: unknown = Array.isArray(body) ? body[0] : body;
  return isObject(one) && one.error !== undefined ? one : { error: one };
}

/** The value, unless it is an error: vLLM, FastAPI and gateways each put it elsewhere. */
function failureless(value: unknown, isWhole: boolean): unknown {
  const one: unknown = Array.isArray(value) ? value[0] : value;
  if (!isObject(one) || isAnswer(one)) return value;
  const bare = [one.message, one.msg, one.detail, one.errors].some(
    (words) => typeof words === 'string' || Array.isArray(words),
  );
  // Not everything is known that may come in a stream.
  if (!one.error && one.object !== 'error' && !(isWhole && bare)) return value;
  throw new APIError(undefined, (one.error || one) as object, undefined, undefined);
}

/** A failed response is its reader's to tell, and so is an `error` event. */
function isAnswer({ choices, output, type }: JsonObject): boolean {
  const said = Array.isArray(choices) ? choices.length > 0 : choices !== undefined;
  return said || output !== undefined || type === 'error';
}

/** The first character that is no white space, and the body from its beginning. */
async function peek(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
  const reader = stream.getReader();
  const read: Uint8Array<ArrayBuffer>[] = [];
  let first = '';
  while (first === '') {
    const { value, done } = await reader.read();
    if (done) break;
    read.push(value);
    first = firstCharacter(value);
  }
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(whole) {
        const value = read.shift() ?? (await reader.read()).value;
        if (value) whole.enqueue(value);
        else whole.close();
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return { first, body };
}

/** A byte order mark, EF BB BF, counts as white space; other bytes beyond ASCII begin nothing that we know. */
function firstCharacter(bytes: Uint8Array): string {
  const byte = bytes.find((each) => ![0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf].includes(each));
  return byte === undefined ? '' : String.fromCharCode(byte);
}

/** Looks for `data: [DONE]`, at which the SDK stops without a word. */
class DoneWatch {
  /** The longest beginning of a line that may be needed; most lines are longer. */
  static readonly #MAX_LINE = 32;

  seen = false;
  readonly #decoder = new TextDecoder();
  #line = '';

  readonly transform = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform: (bytes, stream) => {
      this.#look(this.#decoder.decode(bytes, { stream: true }));
      stream.enqueue(bytes);
    },
    flush: () => this.#look('\n'),
  });

  #look(text: string): void {
    const lines = text.split(/[\r\n]/);
    for (const [at, line] of lines.entries()) {
      if (at > 0) this.#line = '';
      this.#line += line.slice(0, DoneWatch.#MAX_LINE - this.#line.length);
      if (/^data:\s*\[DONE\]/.test(this.#line)) this.seen = true;
    }
  }
}

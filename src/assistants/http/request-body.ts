import type { Context, MiddlewareHandler } from 'hono';
import type { z } from 'zod';
import { invalidRequest, tooLarge } from '../api-error.ts';
import { validate } from '../validation.ts';
import { type Excess, excessOf, MAX_DEPTH, MAX_VALUES } from './json-shape.ts';

/** Room for a thread with many long messages, or a few images as `data:` URLs; in bytes. */
const MAX_JSON_BYTES = 16 * 1024 * 1024;

/**
 * OpenAI's own limit on a file, so what a program that was written for it may send in good faith; in bytes. The time
 * that a request may take is the server's to bound.
 */
const MAX_READ_ON_BYTES = 512 * 1024 * 1024;

const UNPARSED = 'We could not parse the JSON body of your request.';

const HINT =
  "(HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)";

/** What is said of a body that would cost too much to parse. */
const EXCESSES: Record<Excess, string> = {
  depth: `It is nested more than ${MAX_DEPTH} levels deep.`,
  values: `It holds more than ${MAX_VALUES.toLocaleString('en')} values.`,
};

/**
 * The request's JSON body as `schema` has it; no body counts as `{}`. Throws a 400 ApiError for malformed JSON, for what is
 * nested too deep or holds too much, which is seen before it is parsed, and for a body that does not fit, a 413 for one that is
 * too big.
 */
export async function jsonBody<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  const bytes = await bodyBytes(c, MAX_JSON_BYTES);
  const excess = await excessOf(bytes);
  if (excess) throw invalidRequest(`${UNPARSED} ${EXCESSES[excess]}`);
  const text = new TextDecoder().decode(bytes);
  return validate(schema, text.trim() === '' ? {} : storable(parse(text)));
}

/** The request's body, at most `limit` bytes. Throws a 413 ApiError when it is longer; what is left of it is unread. */
export async function bodyBytes(c: Context, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const length = announced(c);
  if (length > limit) throw tooLarge(limit);
  // Of a large body nothing is held twice where its length is known.
  const whole = length > 0 ? new Uint8Array(length) : undefined;
  const chunks: Uint8Array[] = [];
  let size = 0;
  await readWhile(c.req.raw, (chunk) => {
    const from = size;
    size += chunk.byteLength;
    if (size > limit) return false;
    if (whole) whole.set(chunk.subarray(0, length - from), from);
    else chunks.push(chunk);
    return true;
  }).catch(() => {
    // A client that goes away in the middle is no failure of the server.
    throw invalidRequest('The connection was closed before the whole body of your request had come.');
  });
  if (size > limit) throw tooLarge(limit);
  return whole ? whole.subarray(0, size) : Buffer.concat(chunks, size);
}

/**
 * Holds an answer back until the request has been read, when it came sooner: most clients look for an answer only once
 * they have sent everything, take one that comes before for a broken connection, and send all of it again. What is
 * read on is thrown away. To a body beyond the bound the answer goes out at once, and the server closes the connection.
 */
export const answerAfterBody: MiddlewareHandler = async (c, next) => {
  await next();
  if (announced(c) > MAX_READ_ON_BYTES) return;
  let size = 0;
  const goOn = (chunk: Uint8Array) => {
    size += chunk.byteLength;
    return size <= MAX_READ_ON_BYTES;
  };
  await readWhile(c.req.raw, goOn).catch(() => {});
};

/** The length that the request's header tells; 0 when it tells none. */
function announced(c: Context): number {
  return Number(c.req.header('content-length') ?? 0);
}

/** Reads the body as long as `take` wants more of it; the rest can be read afterwards. */
async function readWhile({ body }: Request, take: (chunk: Uint8Array) => boolean): Promise<void> {
  const reader = body?.getReader();
  if (!reader) return;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || !take(value)) return;
    }
  } finally {
    reader.releaseLock();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidRequest(`${UNPARSED} ${HINT}`);
  }
}

/** The same JSON with texts that every store can keep: PostgreSQL refuses NUL and half a surrogate pair. */
function storable(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([key, item]) => [storableText(key), storable(item)]));
}

function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '');
}

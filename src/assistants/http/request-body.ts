import type { Context } from 'hono';
import type { z } from 'zod';
import { invalidRequest, tooLarge } from '../api-error.ts';
import { validate } from '../validation.ts';

/** Room for a thread with many long messages, or a few images as `data:` URLs; in bytes. */
const MAX_JSON_BYTES = 16 * 1024 * 1024;

/** Deeper than any honest JSON Schema; keeps recursion over a hostile body off the stack's end. */
const MAX_DEPTH = 100;

/**
 * The request's JSON body as `schema` has it; no body counts as `{}`. Throws a 400 ApiError for malformed JSON
 * and for a body that does not fit, a 413 for one that is too big.
 */
export async function jsonBody<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  const text = new TextDecoder().decode(await bodyBytes(c, MAX_JSON_BYTES));
  return validate(schema, text.trim() === '' ? {} : storable(parse(text), 0));
}

/** The request's body, at most `limit` bytes. Throws a 413 ApiError as soon as it is longer. */
export async function bodyBytes(c: Context, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  if (Number(c.req.header('content-length') ?? 0) > limit) throw tooLarge(limit);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunksOf(c.req.raw)) {
    size += chunk.byteLength;
    if (size > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** A client that goes away in the middle is no failure of the server. */
async function* chunksOf(request: Request): AsyncGenerator<Uint8Array> {
  try {
    yield* request.body ?? [];
  } catch {
    throw invalidRequest('The connection was closed before the whole body of your request had come.');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidRequest(
      "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)",
    );
  }
}

/** The same JSON with texts that every store can keep: PostgreSQL refuses NUL and half a surrogate pair. */
function storable(value: unknown, depth: number): unknown {
  if (depth > MAX_DEPTH)
    throw invalidRequest(`The JSON body of your request is nested more than ${MAX_DEPTH} levels deep.`);
  if (typeof value === 'string') return storableText(value);
  if (Array.isArray(value)) return value.map((item) => storable(item, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([key, item]) => [storableText(key), storable(item, depth + 1)]));
}

function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '');
}

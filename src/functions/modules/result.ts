import type { FunctionFile, FunctionResult } from '../team-function.ts';

/** More values in one result than this are never meant for a model; a few lines of code can make a billion. */
const MOST_VALUES = 1_000_000;

/** The same of its texts, in UTF-16 code units. */
const MOST_CHARACTERS = 100_000_000;

/** What a handler gave back, as a result. Throws an `Error` that says what is wrong with it. */
export function resultOf(given: unknown): FunctionResult {
  if (given === undefined) return { text: '' };
  if (typeof given === 'string') return { text: given };
  const kind = notData(given);
  if (kind !== undefined)
    throw new Error(`It gave back ${kind}: give a text, what JSON can say, or { text, files }`);
  if (isResult(given)) return { text: given.text ?? '', files: filesOf(given.files ?? []) };
  return { text: json(given) };
}

/** What looks like data and would be told as `{}`, or as numbers without end. */
function notData(given: unknown): string | undefined {
  if (ArrayBuffer.isView(given) || given instanceof ArrayBuffer) return 'bytes';
  if (given instanceof Response) return 'a Response whose content was not read';
  if (given instanceof Blob) return 'a Blob';
  if (given instanceof ReadableStream) return 'a stream';
  if (typeof given === 'function' || typeof given === 'symbol') return `a ${typeof given}`;
  return undefined;
}

/** Whether an object has nothing but what a result has, and at least a text or files. */
function isResult(given: unknown): given is { text?: string; files?: unknown } {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return false;
  const { text, files, ...others } = given as Record<string, unknown>;
  if (Object.keys(others).length > 0) return false;
  return Array.isArray(files) ? text === undefined || typeof text === 'string' : typeof text === 'string';
}

function filesOf(files: unknown): FunctionFile[] {
  if (!Array.isArray(files)) throw new Error('Its files are no list');
  return files.map((file: unknown, at) => {
    const { name, bytes, description } = Object(file) as Partial<Record<keyof FunctionFile, unknown>>;
    if (typeof name !== 'string' || !(bytes instanceof Uint8Array))
      throw new Error(`Its file ${at + 1} is not as { name, bytes }, with a text and a Uint8Array`);
    return { name, bytes, ...(typeof description === 'string' && { description }) };
  });
}

/** Any value as JSON: what JSON does not have is told in words, and what leads back to itself is cut there. */
function json(value: unknown): string {
  let values = 0;
  let characters = 0;
  const path: object[] = [];
  // It is called with the object that holds the value.
  function told(this: unknown, key: string, written: unknown): unknown {
    while (path.length > 0 && path.at(-1) !== this) path.pop();
    // A Date has become a text by now.
    const plain = plainOf(written);
    values++;
    characters += key.length + (typeof plain === 'string' ? plain.length : 0);
    if (values > MOST_VALUES || characters > MOST_CHARACTERS)
      throw new Error('It gave back too much: give less at once');
    if (typeof plain !== 'object' || plain === null) return plain;
    if (path.includes(plain)) return '[circular]';
    path.push(plain);
    return plain;
  }
  return JSON.stringify(value, told) ?? '';
}

function plainOf(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Map) return [...value];
  if (value instanceof Set) return [...value];
  if (value instanceof Error) return { name: value.name, message: value.message };
  return value;
}

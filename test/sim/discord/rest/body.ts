import type { IncomingMessage } from 'node:http';
import { ApiError, invalidJson, tooLarge } from '../api-error.ts';
import type { NewFile, NewFiles } from '../attachments.ts';

/** https://discord.com/developers/docs/reference#uploading-files: 10 MiB a file, 25 MiB a request. */
const FILE_SIZE = 10 * 1024 * 1024;
const REQUEST_SIZE = 25 * 1024 * 1024;

export interface Body {
  json: unknown;
  files: NewFiles;
}

/** Reads JSON, or a form with `payload_json` and `files[n]`. @throws ApiError 40005, 50035 or 50109. */
export async function readBody(request: IncomingMessage): Promise<Body> {
  const data = await collect(request);
  const type = request.headers['content-type'] ?? '';
  if (data.length === 0) return { json: {}, files: new Map() };
  if (type.startsWith('application/json')) return { json: parse(data.toString('utf8')), files: new Map() };
  if (type.startsWith('multipart/form-data')) return readForm(data, type);
  throw new ApiError(400, 50035, 'Invalid Form Body', {
    errors: {
      _errors: [
        {
          code: 'CONTENT_TYPE_INVALID',
          message: `Expected "Content-Type" header to be one of {'application/json'}.`,
        },
      ],
    },
  });
}

async function collect(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= REQUEST_SIZE) chunks.push(chunk);
  }
  if (size > REQUEST_SIZE) throw tooLarge();
  return Buffer.concat(chunks);
}

/** A lone surrogate is no text in any encoding that Discord could keep: refused, as a strict parser does. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text, (_key, value: unknown) => {
      if (typeof value === 'string' && !value.isWellFormed()) throw new SyntaxError('lone surrogate');
      return value;
    });
  } catch {
    throw invalidJson();
  }
}

async function readForm(data: Buffer, contentType: string): Promise<Body> {
  const form = await new Response(new Uint8Array(data), { headers: { 'Content-Type': contentType } })
    .formData()
    .catch(() => {
      throw new ApiError(400, 50035, 'Invalid Form Body');
    });
  const payload = form.get('payload_json');
  const files = new Map<string, NewFile>();
  for (const [key, value] of form) {
    const number = /^files\[(\d+)\]$/.exec(key)?.[1];
    if (number === undefined || typeof value === 'string') continue;
    if (value.size > FILE_SIZE) throw tooLarge();
    files.set(number, {
      name: value.name,
      data: Buffer.from(await value.arrayBuffer()),
      contentType: value.type,
    });
  }
  return { json: typeof payload === 'string' ? parse(payload) : {}, files };
}

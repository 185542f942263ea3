import { type Context, Hono } from 'hono';
import type { FileDeleted } from 'openai/resources/files';
import { z } from 'zod';
import { invalidRequest, noSuchFile, noSuchPurpose, tooLarge } from './api-error.ts';
import { addFile, findFile, isExpired, removeExpired, removeFile } from './file.ts';
import { LIMITS } from './file-search/documents/limits.ts';
import { type FormField, formFields } from './http/multipart.ts';
import { bodyBytes } from './http/request-body.ts';
import { listQuery, numberIn, toList } from './lists.ts';
import { ROOT, type State } from './state.ts';
import { validate } from './validation.ts';

/** As much as a document may have that is searched; a file is held in memory while it is written or read. */
const MAX_FILE_BYTES = LIMITS.fileBytes;

/** Room for the form around the file. */
const MAX_FORM_BYTES = MAX_FILE_BYTES + 64 * 1024;

/** The API lists more files at once than anything else. */
const LIST_BOUNDS = { default: 10_000, max: 10_000 };

/** The purposes that mean something here: there is no training and there are no batches. */
const PURPOSES = ['assistants', 'vision', 'user_data'] as const;

/** OpenAI's own bounds, in seconds: an hour and thirty days. */
const EXPIRY = { min: 3600, max: 2_592_000 };

const UNPARSED = 'We could not parse the form of your request';

/** A file as it stands in the request's body. */
class UploadedFile {
  readonly name: string;
  readonly bytes: Uint8Array;

  constructor(name: string, bytes: Uint8Array) {
    this.name = name;
    this.bytes = bytes;
  }
}

const upload = z.strictObject({
  purpose: z.string(),
  file: z.instanceof(UploadedFile),
  expires_after: z
    .strictObject({ anchor: z.literal('created_at'), seconds: z.int().min(EXPIRY.min).max(EXPIRY.max) })
    .exactOptional(),
});

export function fileRoutes({ state }: { state: State }): Hono {
  const app = new Hono();

  app.post('/files', async (c) => {
    const { file, expires_after, ...fields } = validate(upload, fieldsOf(await formOf(c)));
    const purpose = PURPOSES.find((known) => known === fields.purpose);
    if (purpose === undefined) throw noSuchPurpose(fields.purpose, PURPOSES);
    if (file.bytes.length > MAX_FILE_BYTES) throw tooLarge(MAX_FILE_BYTES);
    const expiry = expires_after && { expiresAfter: expires_after.seconds };
    if (expires_after) await removeExpired(state);
    return c.json(await addFile(state, { filename: file.name, purpose, bytes: file.bytes, ...expiry }));
  });

  app.get('/files', async (c) => {
    const query = listQuery(c.req.query(), LIST_BOUNDS);
    const purpose = c.req.query('purpose');
    const page = await state.files.page(
      ROOT,
      query,
      (file) => !isExpired(file) && (purpose === undefined || file.purpose === purpose),
    );
    return c.json(toList(page));
  });

  app.get('/files/:file_id', async (c) => {
    const id = c.req.param('file_id');
    const file = await findFile(state, id);
    if (file === undefined) throw noSuchFile(id);
    return c.json(file);
  });

  app.get('/files/:file_id/content', async (c) => {
    const id = c.req.param('file_id');
    const file = await findFile(state, id);
    const bytes = file && (await state.contents.get(id));
    if (file === undefined || bytes === undefined) throw noSuchFile(id);
    // Never a type that a browser would open: the content is somebody else's.
    c.header('content-type', 'application/octet-stream');
    c.header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(file.filename)}`);
    c.header('x-content-type-options', 'nosniff');
    return c.body(bytes);
  });

  app.delete('/files/:file_id', async (c) => {
    const id = c.req.param('file_id');
    if (!(await removeFile(state, id))) throw noSuchFile(id);
    return c.json({ id, object: 'file', deleted: true } satisfies FileDeleted);
  });

  return app;
}

async function formOf(c: Context): Promise<FormField[]> {
  const bytes = await bodyBytes(c, MAX_FORM_BYTES);
  const excess = (what: string): never => {
    throw invalidRequest(`${UNPARSED}: it has ${what}.`);
  };
  const fields = formFields(c.req.header('content-type') ?? '', bytes, excess);
  if (fields) return fields;
  throw invalidRequest(`${UNPARSED}: send multipart/form-data with the fields 'purpose' and 'file'.`);
}

/** The form's fields. `a[b]` is the field `b` of an object `a`: so does the SDK send objects, with numbers as text. */
function fieldsOf(form: readonly FormField[]): Record<string, unknown> {
  const fields = new Map<string, unknown>();
  const objects = new Map<string, Map<string, unknown>>();
  for (const { name, filename, bytes } of form) {
    const value =
      filename === undefined ? new TextDecoder().decode(bytes) : new UploadedFile(filename, bytes);
    const [, outer, inner] = /^(\w+)\[(\w+)\]$/.exec(name) ?? [];
    if (outer === undefined || inner === undefined) fields.set(name, value);
    else
      objects
        .getOrInsertComputed(outer, () => new Map())
        .set(inner, typeof value === 'string' ? numberIn(value) : value);
  }
  return Object.fromEntries([
    ...fields,
    ...Array.from(objects, ([name, inner]) => [name, Object.fromEntries(inner)]),
  ]);
}

import { type Context, Hono } from 'hono';
import type { FileDeleted } from 'openai/resources/files';
import { z } from 'zod';
import { invalidRequest, noSuchFile, tooLarge } from './api-error.ts';
import { addFile, removeFile } from './file.ts';
import { listQuery, toList } from './lists.ts';
import { bodyBytes } from './request-body.ts';
import { ROOT, type State } from './state.ts';
import { validate } from './validation.ts';

/** What a chat platform takes for one request; a file is held in memory while it is written or read. */
const MAX_FILE_BYTES = 25 * 1024 * 1024;

/** Room for the form around the file. */
const MAX_FORM_BYTES = MAX_FILE_BYTES + 64 * 1024;

/** The API lists more files at once than anything else. */
const LIST_BOUNDS = { default: 10_000, max: 10_000 };

/** The purposes that mean something here: there is no training and there are no batches. */
const upload = z.strictObject({
  purpose: z.enum(['assistants', 'vision', 'user_data']),
  file: z.file(),
});

export function fileRoutes({ state }: { state: State }): Hono {
  const app = new Hono();

  app.post('/files', async (c) => {
    const { file, purpose } = validate(upload, Object.fromEntries(await formOf(c)));
    if (file.size > MAX_FILE_BYTES) throw tooLarge(MAX_FILE_BYTES);
    const bytes = new Uint8Array(await file.arrayBuffer());
    return c.json(await addFile(state, { filename: file.name, purpose, bytes }));
  });

  app.get('/files', async (c) => {
    const query = listQuery(c.req.query(), LIST_BOUNDS);
    const purpose = c.req.query('purpose');
    const page = await state.files.page(
      ROOT,
      query,
      (file) => purpose === undefined || file.purpose === purpose,
    );
    return c.json(toList(page));
  });

  app.get('/files/:file_id', async (c) => {
    const id = c.req.param('file_id');
    const file = await state.files.get(id);
    if (file === undefined) throw noSuchFile(id);
    return c.json(file);
  });

  app.get('/files/:file_id/content', async (c) => {
    const id = c.req.param('file_id');
    const file = await state.files.get(id);
    const bytes = file && (await state.contents.get(id));
    if (file === undefined || bytes === undefined) throw noSuchFile(id);
    // Never a type that a browser would open: the content is somebody else's.
    c.header('content-type', 'application/octet-stream');
    c.header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(file.filename)}`);
    c.header('x-content-type-options', 'nosniff');
    return c.body(new Uint8Array(bytes));
  });

  app.delete('/files/:file_id', async (c) => {
    const id = c.req.param('file_id');
    if (!(await removeFile(state, id))) throw noSuchFile(id);
    return c.json({ id, object: 'file', deleted: true } satisfies FileDeleted);
  });

  return app;
}

async function formOf(c: Context): Promise<FormData> {
  const bytes = await bodyBytes(c, MAX_FORM_BYTES);
  const headers = { 'content-type': c.req.header('content-type') ?? '' };
  return new Response(bytes, { headers }).formData().catch(() => {
    throw invalidRequest(
      "We could not parse the form of your request: send multipart/form-data with the fields 'purpose' and 'file'.",
    );
  });
}

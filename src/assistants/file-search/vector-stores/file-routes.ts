import { type Context, Hono } from 'hono';
import type { VectorStoreFileDeleted } from 'openai/resources/vector-stores/files';
import { notInStore } from '../../api-error.ts';
import { pathId } from '../../http/path-id.ts';
import { jsonBody } from '../../http/request-body.ts';
import { listQuery, toList } from '../../lists.ts';
import { validate } from '../../validation.ts';
import { fileObject, type KeptFile } from './kept.ts';
import { type FileStatus, fileInput, fileStatus, fileUpdate } from './schemas.ts';
import type { VectorStores } from './vector-stores.ts';

/** How soon a file or a batch is worth another look: the SDK's helpers would wait for five seconds. */
export const POLL_AFTER_MS = 100;

/** The files of vector stores: https://developers.openai.com/api/reference/resources/vector_stores/subresources/files */
export function fileRoutes(stores: VectorStores): Hono {
  const app = new Hono();

  app.post('/vector_stores/:vector_store_id/files', async (c) => {
    const store = await stores.findLive(pathId(c, 'vector_store_id'));
    return c.json(fileObject(await stores.addFile(store, await jsonBody(c, fileInput))));
  });

  app.get('/vector_stores/:vector_store_id/files', async (c) => {
    const { id } = await stores.find(pathId(c, 'vector_store_id'));
    const { data, hasMore } = await stores.files.page(id, listQuery(c.req.query()), statusIn(c));
    return c.json(toList({ data: data.map(fileObject), hasMore }));
  });

  app.get('/vector_stores/:vector_store_id/files/:store_file_id', async (c) => {
    const file = await find(c);
    c.header('openai-poll-after-ms', String(POLL_AFTER_MS));
    if (file.status === 'in_progress') await stores.ingestion.look(file.vector_store_id);
    return c.json(fileObject(file));
  });

  app.post('/vector_stores/:vector_store_id/files/:store_file_id', async (c) => {
    const { vector_store_id, file_id } = await find(c);
    const { attributes } = await jsonBody(c, fileUpdate);
    const file = await stores.files.setAttributes(vector_store_id, file_id, attributes ?? {});
    if (!file) throw notInStore(file_id, vector_store_id);
    return c.json(fileObject(file));
  });

  app.delete('/vector_stores/:vector_store_id/files/:store_file_id', async (c) => {
    const { id } = await stores.find(pathId(c, 'vector_store_id'));
    const fileId = pathId(c, 'store_file_id');
    await stores.removeFile(id, fileId);
    return c.json({
      id: fileId,
      object: 'vector_store.file.deleted',
      deleted: true,
    } satisfies VectorStoreFileDeleted);
  });

  app.get('/vector_stores/:vector_store_id/files/:store_file_id/content', async (c) => {
    const { vector_store_id, file_id } = await find(c);
    const chunks = await stores.index.chunks(vector_store_id, file_id);
    return c.json({
      object: 'vector_store.file_content.page',
      data: chunks.map(({ text }) => ({ type: 'text', text })),
      has_more: false,
      next_page: null,
    });
  });

  const find = async (c: Context): Promise<KeptFile> => {
    const { id } = await stores.find(pathId(c, 'vector_store_id'));
    const fileId = pathId(c, 'store_file_id');
    const file = await stores.files.get(id, fileId);
    if (!file) throw notInStore(fileId, id);
    return file;
  };

  return app;
}

/** The status that a list of files is narrowed to. Throws a 400 ApiError for one that the API does not know. */
export function statusIn(c: Context): FileStatus | undefined {
  const status = c.req.query('filter');
  return status === undefined ? undefined : validate(fileStatus, status, ['filter']);
}

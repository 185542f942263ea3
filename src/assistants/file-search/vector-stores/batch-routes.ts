import { type Context, Hono } from 'hono';
import { notFound } from '../../api-error.ts';
import { pathId } from '../../http/path-id.ts';
import { jsonBody } from '../../http/request-body.ts';
import { listQuery, pageOf, toList } from '../../lists.ts';
import type { State } from '../../state.ts';
import { batchObject, type KeptBatch } from './batches.ts';
import { POLL_AFTER_MS, statusIn } from './file-routes.ts';
import { fileObject } from './kept.ts';
import { type BatchInput, batchInput, type FileInput } from './schemas.ts';
import type { VectorStores } from './vector-stores.ts';

/** Files added together: https://developers.openai.com/api/reference/resources/vector_stores/subresources/file_batches */
export function batchRoutes(state: State, stores: VectorStores): Hono {
  const app = new Hono();
  const shown = (batch: KeptBatch) => batchObject(state, stores.files, batch);

  app.post('/vector_stores/:vector_store_id/file_batches', async (c) => {
    const store = await stores.findLive(pathId(c, 'vector_store_id'));
    return c.json(await shown(await stores.addBatch(store, filesOf(await jsonBody(c, batchInput)))));
  });

  app.get('/vector_stores/:vector_store_id/file_batches/:batch_id', async (c) => {
    const batch = await shown(await find(c));
    c.header('openai-poll-after-ms', String(POLL_AFTER_MS));
    if (batch.status === 'in_progress') await stores.ingestion.look(batch.vector_store_id);
    return c.json(batch);
  });

  app.post('/vector_stores/:vector_store_id/file_batches/:batch_id/cancel', async (c) =>
    c.json(await shown(await stores.cancelBatch(await find(c)))),
  );

  app.get('/vector_stores/:vector_store_id/file_batches/:batch_id/files', async (c) => {
    const batch = await find(c);
    const query = listQuery(c.req.query());
    const status = statusIn(c);
    const files = (await stores.files.getMany(batch.vector_store_id, batch.file_ids)).map(fileObject);
    const fitting = files.filter((file) => status === undefined || file.status === status);
    return c.json(toList(pageOf(fitting, query)));
  });

  const find = async (c: Context): Promise<KeptBatch> => {
    const { id } = await stores.find(pathId(c, 'vector_store_id'));
    const batchId = pathId(c, 'batch_id');
    const batch = await state.fileBatches.get(batchId);
    if (batch?.vector_store_id !== id) throw notFound('file batch', batchId);
    return batch;
  };

  return app;
}

/** What a batch gives each of its files. */
function filesOf({ files, file_ids = [], attributes, chunking_strategy }: BatchInput): FileInput[] {
  const common = { ...(attributes && { attributes }), ...(chunking_strategy && { chunking_strategy }) };
  return files ?? file_ids.map((file_id) => ({ file_id, ...common }));
}

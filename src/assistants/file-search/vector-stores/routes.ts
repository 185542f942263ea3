import { Hono } from 'hono';
import type { VectorStoreDeleted } from 'openai/resources/vector-stores';
import { notFound } from '../../api-error.ts';
import { pathId } from '../../http/path-id.ts';
import { jsonBody } from '../../http/request-body.ts';
import { listQuery, toList } from '../../lists.ts';
import { ROOT, type State } from '../../state.ts';
import type { FileSearch } from '../file-search.ts';
import { batchRoutes } from './batch-routes.ts';
import { fileRoutes } from './file-routes.ts';
import type { KeptStore } from './kept.ts';
import { storeInput, storeUpdate } from './schemas.ts';
import { searchRoute } from './search-route.ts';
import type { VectorStores } from './vector-stores.ts';

export interface VectorStoreRoutesDeps {
  state: State;
  stores: VectorStores;
  search: FileSearch;
}

/** Vector stores, their files and batches, and search: https://developers.openai.com/api/reference/resources/vector_stores */
export function vectorStoreRoutes({ state, stores, search }: VectorStoreRoutesDeps): Hono {
  const app = new Hono();

  app.post('/vector_stores', async (c) =>
    c.json(await stores.object(await stores.create(await jsonBody(c, storeInput)))),
  );

  app.get('/vector_stores', async (c) => {
    const { data, hasMore } = await state.vectorStores.page(ROOT, listQuery(c.req.query()));
    const noted = await Promise.all(data.map((store) => stores.noted(store)));
    return c.json(toList({ data: await Promise.all(noted.map((store) => stores.object(store))), hasMore }));
  });

  app.get('/vector_stores/:vector_store_id', async (c) =>
    c.json(await stores.object(await stores.find(pathId(c, 'vector_store_id')))),
  );

  app.post('/vector_stores/:vector_store_id', async (c) => {
    const { id } = await stores.findLive(pathId(c, 'vector_store_id'));
    const input = await jsonBody(c, storeUpdate);
    const updated = await state.vectorStores.update(
      id,
      (store): KeptStore => ({
        ...store,
        ...(input.name !== undefined && { name: input.name }),
        ...(input.description !== undefined && { description: input.description }),
        ...(input.metadata !== undefined && { metadata: input.metadata ?? {} }),
        ...(input.expires_after !== undefined && { expires_after: input.expires_after }),
      }),
    );
    if (updated === undefined) throw notFound('vector store', id);
    return c.json(await stores.object(updated));
  });

  app.delete('/vector_stores/:vector_store_id', async (c) => {
    const id = pathId(c, 'vector_store_id');
    if (!(await stores.remove(id))) throw notFound('vector store', id);
    return c.json({ id, object: 'vector_store.deleted', deleted: true } satisfies VectorStoreDeleted);
  });

  app.route('/', fileRoutes(stores));
  app.route('/', batchRoutes(state, stores));
  app.route('/', searchRoute(stores, search));
  return app;
}

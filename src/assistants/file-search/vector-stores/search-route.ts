import { Hono } from 'hono';
import { pathId } from '../../http/path-id.ts';
import { jsonBody } from '../../http/request-body.ts';
import type { FileSearch, SearchResult } from '../file-search.ts';
import { searchInput } from './schemas.ts';
import type { VectorStores } from './vector-stores.ts';

/** As many as OpenAI's API gives whoever does not say. */
const DEFAULT_RESULTS = 10;

/** Search without a model: https://developers.openai.com/api/reference/resources/vector_stores/methods/search */
export function searchRoute(stores: VectorStores, search: FileSearch): Hono {
  const app = new Hono();

  app.post('/vector_stores/:vector_store_id/search', async (c) => {
    const { id } = await stores.findLive(pathId(c, 'vector_store_id'));
    const input = await jsonBody(c, searchInput);
    const queries = [input.query].flat();
    const { score_threshold: threshold, hybrid_search: weights } = input.ranking_options ?? {};
    const results = await search.search({
      vectorStoreIds: [id],
      queries,
      limit: input.max_num_results ?? DEFAULT_RESULTS,
      ...(input.filters && { filters: input.filters }),
      ...(threshold !== undefined && { scoreThreshold: threshold }),
      ...(weights && {
        lexicalShare: weights.text_weight / (weights.text_weight + weights.embedding_weight),
      }),
    });
    return c.json({
      object: 'vector_store.search_results.page',
      search_query: queries,
      data: results.map(toItem),
      has_more: false,
      next_page: null,
    });
  });

  return app;
}

/** As the API shows a result; of our own is where it stands, and what its score is made of. */
function toItem({ fileId, filename, score, scores, attributes, text, headings, place }: SearchResult) {
  return {
    file_id: fileId,
    filename,
    score,
    attributes,
    content: [{ type: 'text', text }],
    headings,
    place,
    ...(scores && { scores }),
  };
}

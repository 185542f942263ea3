import { BadRequestError, type OpenAI } from 'openai';
import type { VectorStoreSearchParams } from 'openai/resources/vector-stores';
import { Problem } from '../problem.ts';
import { unlessGone } from './sync/stores.ts';

/** How much full text and vectors count, as the Responses API has it in its ranking options; both, where left out. */
export interface SearchWeights {
  text_weight: number;
  embedding_weight: number;
}

const ONE_WAY =
  'This Assistants server searches in one way only, so ways can’t be compared there: leave ASSISTANTS_BASE_URL out to use the embedded one.';

/** A passage that was found. */
export interface Hit {
  file: string;
  /** As the document is named in the knowledge; the file's name where the store does not say. */
  path: string;
  score: number;
  text: string;
  headings: readonly string[];
  place: Readonly<Record<string, unknown>>;
  attributes: Readonly<Record<string, string | number | boolean>>;
  /** What each part of the search makes of it, where the server says so. */
  parts?: { text?: number; embedding?: number };
}

/** What Bobbin's own server says beside the standard's fields. */
interface OwnFields {
  headings?: readonly string[];
  place?: Readonly<Record<string, unknown>>;
  scores?: { text?: number; embedding?: number };
}

/** The best passages of several vector stores, the best first. */
export async function search(
  client: OpenAI,
  stores: readonly string[],
  query: string,
  { limit, weights }: { limit: number; weights?: SearchWeights },
): Promise<Hit[]> {
  // The SDK knows the weights in the Responses API only.
  const params: VectorStoreSearchParams = {
    query,
    max_num_results: limit,
    ...(weights && { ranking_options: { hybrid_search: weights } as object }),
  };
  const pages = await Promise.all(
    stores.map((id) => client.vectorStores.search(id, params).catch(unlessGone)),
  ).catch((error: unknown) => {
    if (!(weights && error instanceof BadRequestError)) throw error;
    throw new Problem(ONE_WAY, { cause: error });
  });
  const hits = pages
    .flatMap((page) => page?.data ?? [])
    .map((found): Hit => {
      const {
        file_id: file,
        filename,
        score,
        content,
        attributes,
        headings = [],
        place = {},
        scores,
      }: typeof found & OwnFields = found;
      return {
        file,
        path: String(attributes?.path ?? filename),
        score,
        text: content.map(({ text }) => text).join('\n'),
        headings,
        place,
        attributes: attributes ?? {},
        ...(scores && { parts: scores }),
      };
    });
  return hits.sort((a, b) => b.score - a.score).slice(0, limit);
}

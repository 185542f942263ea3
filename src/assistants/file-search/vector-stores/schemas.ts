import { z } from 'zod';
import { attributes, idOf, metadata } from '../../schemas.ts';
import { filter } from '../filter.ts';

/** OpenAI's own bounds: https://developers.openai.com/api/reference/resources/vector_stores */
const MAX_NAME = 256;
const MAX_DESCRIPTION = 512;
const MAX_DAYS = 365;
const MAX_FIRST_FILES = 500;
const MAX_BATCH = 2_000;
const CHUNK_TOKENS = { min: 100, max: 4_096 };
export const MAX_RESULTS = 50;

/** Far more than a question, in UTF-16 code units: every word of it is looked up. */
const MAX_QUERY = 4_096;

/** More ways to ask for the same than a model thinks of. */
const MAX_QUERIES = 16;

const fileId = idOf('file');

export const chunkingStrategy = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('auto') }),
  z.strictObject({
    type: z.literal('static'),
    static: z
      .strictObject({
        max_chunk_size_tokens: z.int().min(CHUNK_TOKENS.min).max(CHUNK_TOKENS.max),
        chunk_overlap_tokens: z.int().min(0),
      })
      .refine((given) => given.chunk_overlap_tokens <= given.max_chunk_size_tokens / 2, {
        error: "Invalid '{param}': chunk_overlap_tokens must not exceed half of max_chunk_size_tokens.",
      }),
  }),
]);
export type ChunkingStrategy = z.infer<typeof chunkingStrategy>;

const expiresAfter = z.strictObject({
  anchor: z.literal('last_active_at'),
  days: z.int().min(1).max(MAX_DAYS),
});
export type ExpiresAfter = z.infer<typeof expiresAfter>;

export const storeInput = z.strictObject({
  name: z.string().max(MAX_NAME).nullable().exactOptional(),
  description: z.string().max(MAX_DESCRIPTION).nullable().exactOptional(),
  file_ids: z.array(fileId).max(MAX_FIRST_FILES).exactOptional(),
  chunking_strategy: chunkingStrategy.exactOptional(),
  expires_after: expiresAfter.nullable().exactOptional(),
  metadata: metadata.nullable().exactOptional(),
});
export type StoreInput = z.infer<typeof storeInput>;

export const storeUpdate = storeInput.omit({ file_ids: true, chunking_strategy: true });

export const fileInput = z.strictObject({
  file_id: fileId,
  attributes: attributes.nullable().exactOptional(),
  chunking_strategy: chunkingStrategy.exactOptional(),
});
export type FileInput = z.infer<typeof fileInput>;

export const fileUpdate = z.strictObject({ attributes: attributes.nullable() });

export const batchInput = z
  .strictObject({
    file_ids: z.array(fileId).min(1).max(MAX_BATCH).exactOptional(),
    files: z.array(fileInput).min(1).max(MAX_BATCH).exactOptional(),
    attributes: attributes.nullable().exactOptional(),
    chunking_strategy: chunkingStrategy.exactOptional(),
  })
  .refine(({ file_ids, files }) => (file_ids === undefined) !== (files === undefined), {
    error: "Exactly one of 'file_ids' and 'files' must be given.",
  });
export type BatchInput = z.infer<typeof batchInput>;

const query = z.string().min(1).max(MAX_QUERY);

export const searchInput = z.strictObject({
  query: z.union([query, z.array(query).min(1).max(MAX_QUERIES)]),
  filters: filter.nullable().exactOptional(),
  max_num_results: z.int().min(1).max(MAX_RESULTS).exactOptional(),
  ranking_options: z
    .strictObject({
      ranker: z.enum(['none', 'auto', 'default-2024-11-15', 'default_2024_08_21']).exactOptional(),
      score_threshold: z.number().min(0).max(1).exactOptional(),
    })
    .exactOptional(),
  rewrite_query: z.boolean().exactOptional(),
});

/** What `GET …/files` may be narrowed to. */
export const fileStatus = z.enum(['in_progress', 'completed', 'failed', 'cancelled']);
export type FileStatus = z.infer<typeof fileStatus>;

/** A store that comes to be with an assistant or a thread. */
export const helperStore = storeInput.pick({ file_ids: true, chunking_strategy: true, metadata: true });
export type HelperStore = z.infer<typeof helperStore>;

/** `tool_resources.file_search`, whose stores the API bounds to one; with `vector_stores` as long as it is being made. */
export const fileSearchResources = z.strictObject({
  vector_store_ids: z.array(idOf('vs_')).max(1).exactOptional(),
});
export const newFileSearchResources = z
  .strictObject({
    vector_store_ids: z.array(idOf('vs_')).max(1).exactOptional(),
    vector_stores: z.array(helperStore).max(1).exactOptional(),
  })
  .refine((given) => (given.vector_store_ids?.length ?? 0) + (given.vector_stores?.length ?? 0) <= 1, {
    error: "Invalid '{param}': only one of 'vector_store_ids' and 'vector_stores' can be given.",
  });

import { z } from 'zod';
import { attributes, idOf, metadata } from '../../schemas.ts';
import { listOf } from '../../validation.ts';
import { filter } from '../filter.ts';
import { chunkingStrategy } from './chunking-strategy.ts';

/** OpenAI's own bounds: https://developers.openai.com/api/reference/resources/vector_stores */
const MAX_NAME = 256;
const MAX_DESCRIPTION = 512;
const MAX_DAYS = 365;
const MAX_FIRST_FILES = 500;
const MAX_BATCH = 2_000;
export const MAX_RESULTS = 50;

/** Far more than a question, in UTF-16 code units: every word of it is looked up. */
const MAX_QUERY = 4_096;

/** More ways to ask for the same than a model thinks of. */
const MAX_QUERIES = 16;

const fileId = idOf('file');

const expiresAfter = z.strictObject({
  anchor: z.literal('last_active_at'),
  days: z.int().min(1).max(MAX_DAYS),
});
export type ExpiresAfter = z.infer<typeof expiresAfter>;

export const storeInput = z.strictObject({
  name: z.string().max(MAX_NAME).nullable().exactOptional(),
  description: z.string().max(MAX_DESCRIPTION).nullable().exactOptional(),
  file_ids: listOf(fileId, { max: MAX_FIRST_FILES }).exactOptional(),
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
    file_ids: listOf(fileId, { min: 1, max: MAX_BATCH }).exactOptional(),
    files: listOf(fileInput, { min: 1, max: MAX_BATCH }).exactOptional(),
    attributes: attributes.nullable().exactOptional(),
    chunking_strategy: chunkingStrategy.exactOptional(),
  })
  .refine(({ file_ids, files }) => (file_ids === undefined) !== (files === undefined), {
    error: "Exactly one of 'file_ids' and 'files' must be given.",
  });
export type BatchInput = z.infer<typeof batchInput>;

const query = z.string().min(1).max(MAX_QUERY);

export const searchInput = z.strictObject({
  query: z.union([query, listOf(query, { min: 1, max: MAX_QUERIES })]),
  filters: filter.nullable().exactOptional(),
  max_num_results: z.int().min(1).max(MAX_RESULTS).exactOptional(),
  ranking_options: z
    .strictObject({
      ranker: z.enum(['none', 'auto', 'default-2024-11-15', 'default_2024_08_21']).exactOptional(),
      score_threshold: z.number().min(0).max(1).exactOptional(),
      // This server's own here, as OpenAI's Responses API has it for its tool.
      hybrid_search: z
        .strictObject({ embedding_weight: z.number().min(0), text_weight: z.number().min(0) })
        .refine(({ embedding_weight, text_weight }) => embedding_weight + text_weight > 0)
        .exactOptional(),
    })
    .exactOptional(),
  rewrite_query: z.boolean().exactOptional(),
});

/** What `GET …/files` may be narrowed to. */
export const fileStatus = z.enum(['in_progress', 'completed', 'failed', 'cancelled']);
export type FileStatus = z.infer<typeof fileStatus>;

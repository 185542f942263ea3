import { z } from 'zod';
import { CHUNK_TOKENS } from '../chunks/chunk.ts';

/** How a client wants its files cut: https://developers.openai.com/api/docs/assistants/tools/file-search */
export const chunkingStrategy = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('auto') }),
  z.strictObject({
    type: z.literal('static'),
    static: z
      .strictObject({
        max_chunk_size_tokens: z.int().min(CHUNK_TOKENS.least).max(CHUNK_TOKENS.most),
        chunk_overlap_tokens: z.int().min(0),
      })
      .refine((given) => given.chunk_overlap_tokens <= given.max_chunk_size_tokens / 2, {
        error: "Invalid '{param}': chunk_overlap_tokens must not exceed half of max_chunk_size_tokens.",
      }),
  }),
]);

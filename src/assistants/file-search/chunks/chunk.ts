import type { Place } from '../documents/document.ts';

/** A part of a document that is found and shown as one. */
export interface Chunk {
  /** Without the path of headings, which is put before it where it is indexed or shown to a model. */
  text: string;
  /** The headings that it stands under, the highest first. */
  headings: string[];
  place: Place;
}

/** As the Assistants API's: https://platform.openai.com/docs/assistants/tools/file-search */
export type ChunkingStrategy =
  | { type: 'auto' }
  | { type: 'static'; static: { max_chunk_size_tokens: number; chunk_overlap_tokens: number } };

/** What a client may ask for, in tokens; of the overlap at most half of the chunk's size. */
export const CHUNK_TOKENS = { least: 100, most: 4096, default: 800, defaultOverlap: 400 };

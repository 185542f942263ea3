import type { Document } from '../documents/document.ts';
import { chunkByStructure } from './by-structure.ts';
import type { Chunk, ChunkingStrategy } from './chunk.ts';
import { chunkStatically } from './static.ts';

/** The chunks of a document in its order: along its structure, or windows of a size where a client asks for that. */
export function chunksOf(document: Document, strategy: ChunkingStrategy = { type: 'auto' }): Chunk[] {
  if (strategy.type === 'auto') return chunkByStructure(document);
  const { max_chunk_size_tokens, chunk_overlap_tokens } = strategy.static;
  return chunkStatically(document, max_chunk_size_tokens, chunk_overlap_tokens);
}

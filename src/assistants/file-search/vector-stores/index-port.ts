import type { Chunk } from '../chunks/chunk.ts';
import type { Attributes } from '../file-search.ts';
import type { Filter } from '../filter.ts';

export interface FoundChunk extends Chunk {
  readonly store: string;
  readonly file: string;
  readonly attributes: Attributes;
  /** 0 to 1. */
  readonly score: number;
}

export interface IndexQuery {
  readonly stores: readonly string[];
  readonly queries: readonly string[];
  readonly filter?: Filter;
  readonly limit: number;
}

/** What of vector stores' files can be found. Every call rejects when the store fails. */
export interface Index {
  /** Puts a file in the place of what was there of it, at once; until then that is found. */
  put(file: { store: string; file: string; attributes: Attributes; chunks: readonly Chunk[] }): Promise<void>;
  /** False when nothing is there of the file. */
  setAttributes(store: string, file: string, attributes: Attributes): Promise<boolean>;
  /** Removes a file, or all of a vector store. */
  remove(store: string, file?: string): Promise<void>;
  /** A file's chunks in their order. */
  chunks(store: string, file: string): Promise<readonly Chunk[]>;
  /** The best first. Never waits for what is being put. */
  search(query: IndexQuery): Promise<FoundChunk[]>;
}

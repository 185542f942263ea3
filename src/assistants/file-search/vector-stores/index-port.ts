import type { Chunk } from '../chunks/chunk.ts';
import type { Attributes } from '../file-search.ts';
import type { Filter } from '../filter.ts';

export interface FoundChunk extends Omit<Chunk, 'headings'> {
  readonly headings: readonly string[];
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

/** A file of a vector store, in chunks. */
export interface IndexedFile {
  readonly store: string;
  readonly file: string;
  /** What the document calls itself, or how its file is called; it is searched, too. */
  readonly title: string;
  readonly attributes: Attributes;
  readonly chunks: readonly Chunk[];
}

/** What of vector stores' files can be found. Every call rejects when the store fails. */
export interface Index {
  /** Puts a file in the place of what was there of it, at once; until then that is found. */
  put(file: IndexedFile): Promise<void>;
  /** False when nothing is there of the file. */
  setAttributes(store: string, file: string, attributes: Attributes): Promise<boolean>;
  /** Removes a file, or all of a vector store. */
  remove(store: string, file?: string): Promise<void>;
  /** A file's chunks in their order. */
  chunks(store: string, file: string): Promise<readonly Pick<Chunk, 'text'>[]>;
  /** The best first. Never waits for what is being put. */
  search(query: IndexQuery): Promise<FoundChunk[]>;
}

import type { Attributes, Place } from '../file-search.ts';
import type { Filter } from '../filter.ts';
import type { ChunkingStrategy } from './schemas.ts';

/** A part of a document that is found and shown as one. */
export interface Chunk {
  /** Without its headings. */
  readonly text: string;
  /** Those that it stands under, the outermost first. */
  readonly headings: readonly string[];
  readonly place: Place;
}

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

/** A file that is to be read. */
export interface Source {
  readonly bytes: Uint8Array;
  readonly filename: string;
  readonly strategy: ChunkingStrategy;
}

/** Reads files outside of the event loop. */
export interface Documents {
  /** Rejects with an `UnreadableFile` that a client is told, with the signal's reason, or with what nobody foresaw. */
  chunks(source: Source, signal: AbortSignal): Promise<readonly Chunk[]>;
}

/** A file that can't be indexed, and why: whole sentences for whoever added it. */
export class UnreadableFile extends Error {
  readonly code: 'unsupported_file' | 'invalid_file';

  constructor(code: UnreadableFile['code'], message: string) {
    super(message);
    this.name = 'UnreadableFile';
    this.code = code;
  }
}

/** What a file's owner knows of it, beside its text: https://platform.openai.com/docs/api-reference/vector-stores-files */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Which files are searched, by their attributes; as the Assistants API has it. An attribute that is missing is equal to nothing. */
export type Filter =
  | { type: 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte'; key: string; value: string | number | boolean }
  | { type: 'in' | 'nin'; key: string; value: readonly (string | number | boolean)[] }
  | { type: 'and' | 'or'; filters: readonly Filter[] };

/** A passage of a file. */
export interface Chunk {
  text: string;
  /** The headings above it, the outermost first. */
  headings: readonly string[];
  /** Where it stands in the file; JSON. */
  place: unknown;
}

export interface IndexedChunk extends Chunk {
  /**
   * What the chunk is found by beside the words of its text and headings, which the index takes apart and stems itself: such
   * as the parts of its compounds.
   */
  parts: string;
}

/** A file of a vector store, in chunks. */
export interface IndexedFile {
  store: string;
  file: string;
  /** What the file is called, which is searched as the headings of each chunk are. */
  title: string;
  attributes: Attributes;
  chunks: readonly IndexedChunk[];
}

/** Where is searched. */
export interface Scope {
  stores: readonly string[];
  filter?: Filter;
}

/** What is searched for. */
export interface IndexQuery extends Scope {
  /**
   * Each in one or several spellings, of any text; what are several words must stand together. A chunk that has one of them
   * is found.
   */
  terms: readonly (readonly string[])[];
  /** What raises a chunk that has it beside one of the terms: words that stand together in the question. */
  phrases: readonly string[];
  /** What is alike in meaning, beside that. */
  vector?: { generation: string; values: Float32Array };
  /** How many are wanted by their words, and as many by their meaning. */
  limit: number;
}

/** A chunk that may answer, by how well. */
export interface Candidate {
  id: number;
  /** From 0, for none of the terms, towards 1, for a chunk that consists of them. */
  lexical: number;
  /** The cosine of the two vectors; undefined where there are none. */
  semantic?: number;
}

export interface FoundChunk extends Chunk {
  id: number;
  store: string;
  file: string;
  attributes: Attributes;
}

/** A chunk as it is walked, to learn from it or to give it a vector; its file's title is the first of its headings. */
export type WalkedChunk = Pick<FoundChunk, 'id' | 'text' | 'headings'>;

/** The most chunks of a file. */
export const MAX_CHUNKS = 2 ** 17;

/**
 * Full text and vectors of the files of vector stores, in the store's database. What was put is found when the promise
 * resolves, and stays; what was removed is found no more from the call on. A search waits for no write. Every call rejects
 * when the database fails.
 *
 * Vectors belong to a generation, which is named by whatever made them; those of several are kept beside each other, so that
 * one stays of use until the next is whole. Equal texts under equal titles share a vector, also when a file is put again.
 */
export interface SearchIndex {
  /** Puts the file in the place of what was there of it, at once. Throws a `RangeError` for more than `MAX_CHUNKS`. */
  put(file: IndexedFile): Promise<void>;
  /** False when the file is not there. */
  setAttributes(store: string, file: string, attributes: Attributes): Promise<boolean>;
  /** Removes a file, or all of a vector store, with its vectors. */
  remove(store: string, file?: string): Promise<void>;
  /** A file's chunks in their order. */
  chunks(store: string, file: string): Promise<Chunk[]>;
  /** The best by their words and the best by their meaning, in no order. */
  candidates(query: IndexQuery): Promise<Candidate[]>;
  /** Those of the ids that are (still) there, in the order of the ids. */
  read(ids: readonly number[]): Promise<FoundChunk[]>;
  /** The first `limit` chunks of all stores after an id, in the order of their ids; begin with 0. */
  walk(after: number, limit: number): Promise<WalkedChunk[]>;
  /** As `walk`, of those alone that have no vector of this generation. */
  withoutVector(generation: string, after: number, limit: number): Promise<WalkedChunk[]>;
  /** Of unit length, all of the same dimension within a generation. Chunks that are gone are passed over. */
  addVectors(
    generation: string,
    vectors: readonly (readonly [id: number, vector: Float32Array])[],
  ): Promise<void>;
  /** Forgets the vectors of all generations but these. */
  keepGenerations(generations: readonly string[]): Promise<void>;
  /** How many chunks there are, and how many of them have a vector of the generation. */
  count(generation?: string): Promise<{ chunks: number; vectors: number }>;
}

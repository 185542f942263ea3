import type { Place } from './documents/document.ts';
import type { Filter } from './filter.ts';

/** What a vector store's file carries for filters: at most 16 keys of 64 characters, texts of 512. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface FileSearchRequest {
  /** A store that does not exist or has expired holds nothing. */
  readonly vectorStoreIds: readonly string[];
  /** Several ways to ask for the same: what any of them finds. */
  readonly queries: readonly string[];
  /** Left out, every file is searched. */
  readonly filters?: Filter;
  /** At most so many results: 1 to 50. */
  readonly limit: number;
  /** Results below it are left out: 0 to 1. */
  readonly scoreThreshold?: number;
  /** What full text counts beside vectors: 0 to 1; as is best, where left out. */
  readonly lexicalShare?: number;
}

export interface SearchResult {
  readonly vectorStoreId: string;
  readonly fileId: string;
  readonly filename: string;
  /** 0 to 1. */
  readonly score: number;
  /** What full text and vectors make of it, where that is known. */
  readonly scores?: { readonly text: number; readonly embedding?: number };
  readonly attributes: Attributes;
  /** The passage, without its headings. */
  readonly text: string;
  /** The headings that it stands under, the outermost first. */
  readonly headings: readonly string[];
  readonly place: Place;
  /** About how many tokens of a model's context the passage takes with its headings and its file's name. */
  readonly tokens: number;
}

/** What a thread's run may search. */
export interface Searched {
  /** The assistant's stores first, then the thread's, those that its messages' attachments made included. */
  readonly vectorStoreIds: readonly string[];
  /**
   * Those that a client gave the thread and that have expired: such a run fails, as in OpenAI's API. The thread's own is made
   * anew instead.
   */
  readonly expired: readonly string[];
}

/** How the owner of a vector store names it; as assistants and threads have it. */
export interface HasStores {
  readonly id: string;
  readonly tool_resources?: {
    readonly file_search?: { readonly vector_store_ids?: readonly string[] };
  } | null;
}

/** Search in vector stores, for the run loop and for `POST /vector_stores/:id/search`. */
export interface FileSearch {
  /** The best passages first. Never waits for what is being indexed. Rejects when the store fails. */
  search(request: FileSearchRequest): Promise<SearchResult[]>;
  /**
   * The stores of a run, which count as active now. Waits until what a thread's stores were given is indexed, at most
   * `MAX_WAIT_MS`; an assistant's stores are taken as they stand.
   * https://developers.openai.com/api/docs/assistants/tools/file-search
   */
  storesOf(assistant: HasStores, thread: HasStores, signal?: AbortSignal): Promise<Searched>;
}

/** OpenAI's own bound on how long a run waits for its thread's files, in ms. */
export const MAX_WAIT_MS = 60_000;

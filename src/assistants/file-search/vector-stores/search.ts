import { setTimeout as sleep } from 'node:timers/promises';
import { isExpired } from '../../file.ts';
import { textTokens } from '../../runs/context/tokens.ts';
import type { State } from '../../state.ts';
import type { Place } from '../documents/document.ts';
import {
  type FileSearch,
  type FileSearchRequest,
  type HasStores,
  MAX_WAIT_MS,
  type Searched,
  type SearchResult,
} from '../file-search.ts';
import type { Hit } from '../search/search-engine.ts';
import type { KeptStore } from './kept.ts';
import type { VectorStores } from './vector-stores.ts';

/** Between two looks whether a thread's files are indexed, in ms. */
const LOOK_EVERY_MS = 50;

/** Search in vector stores as they stand. */
export class StoreSearch implements FileSearch {
  readonly #state: State;
  readonly #stores: VectorStores;

  constructor(state: State, stores: VectorStores) {
    this.#state = state;
    this.#stores = stores;
  }

  async search(request: FileSearchRequest): Promise<SearchResult[]> {
    const { vectorStoreIds, queries, filters, limit, scoreThreshold = 0, lexicalShare } = request;
    const stores = await this.#live(vectorStoreIds);
    if (stores.length === 0 || queries.length === 0) return [];
    await Promise.all(stores.map((store) => this.#stores.touch(store)));
    const how = {
      ...(filters && { filter: filters }),
      ...(lexicalShare !== undefined && { lexicalShare }),
    };
    const query = { stores: stores.map(({ id }) => id), queries, limit, ...how };
    const found = await this.#stores.index.search(query);
    const results = await this.#named(found.filter(({ score }) => score >= scoreThreshold));
    return results.slice(0, limit);
  }

  async storesOf(assistant: HasStores, thread: HasStores, signal?: AbortSignal): Promise<Searched> {
    const before = await this.#state.threadStores.get(thread.id);
    const own = before === undefined ? undefined : await this.#stores.ofThread(thread.id);
    // Its own may have been made anew.
    const attached = idsIn(thread).filter((id) => id !== before);
    const ofThread = new Set([...attached, ...(own ? [own.id] : [])]);
    const ids = [...new Set([...idsIn(assistant), ...ofThread])];
    const live = await this.#live(ids);
    const known = new Set(live.map(({ id }) => id));
    const expired = (await this.#state.vectorStores.getMany([...ofThread])).flatMap(({ id }) =>
      known.has(id) ? [] : [id],
    );
    await Promise.all(live.map((store) => this.#stores.touch(store)));
    await this.#indexed(
      live.filter(({ id }) => ofThread.has(id)),
      signal,
    );
    return { vectorStoreIds: live.map(({ id }) => id), expired };
  }

  /** Waits until nothing of the stores is in progress. */
  async #indexed(stores: readonly KeptStore[], signal?: AbortSignal): Promise<void> {
    const patience = performance.now() + MAX_WAIT_MS;
    while (performance.now() < patience && !signal?.aborted) {
      const objects = await Promise.all(stores.map((store) => this.#stores.object(store)));
      if (objects.every(({ status }) => status !== 'in_progress')) return;
      await sleep(LOOK_EVERY_MS, undefined, signal && { signal }).catch(() => {});
    }
  }

  async #live(ids: readonly string[]): Promise<KeptStore[]> {
    const stores = await this.#state.vectorStores.getMany([...ids]);
    const noted = await Promise.all(stores.map((store) => this.#stores.noted(store)));
    return noted.filter(({ expired }) => !expired);
  }

  /** Without what is left of files that are gone. */
  async #named(found: readonly Hit[]): Promise<SearchResult[]> {
    const files = await this.#state.files.getMany([...new Set(found.map(({ file }) => file))]);
    const names = new Map(files.flatMap((file) => (isExpired(file) ? [] : [[file.id, file.filename]])));
    return found.flatMap((chunk) => {
      const filename = names.get(chunk.file);
      return filename === undefined ? [] : [toResult(chunk, filename)];
    });
  }
}

function toResult(hit: Hit, filename: string): SearchResult {
  const { store, file, score, lexical, semantic, attributes, text, headings } = hit;
  // As it was put.
  const place = hit.place as Place;
  const tokens = textTokens([filename, ...headings, text].join('\n'));
  const scores = { text: lexical, ...(semantic !== undefined && { embedding: semantic }) };
  return {
    vectorStoreId: store,
    fileId: file,
    filename,
    score,
    scores,
    attributes,
    text,
    headings,
    place,
    tokens,
  };
}

function idsIn({ tool_resources: resources }: HasStores): readonly string[] {
  return resources?.file_search?.vector_store_ids ?? [];
}

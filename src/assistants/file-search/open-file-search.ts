import type { Keyv } from 'keyv';
import OpenAI from 'openai';
import type { Locks } from '../runs/locks.ts';
import type { State } from '../state.ts';
import type { DocumentReader } from './documents/document-reader.ts';
import { SearchEngine } from './search/search-engine.ts';
import type { SearchIndex } from './search-index.ts';
import type { EmbedderSource } from './semantics/embedder.ts';
import { LatentSource } from './semantics/latent/latent-source.ts';
import { ProviderSource } from './semantics/provider/provider-embedder.ts';
import { Semantics } from './semantics/semantics.ts';
import { StoreSearch } from './vector-stores/search.ts';
import { VectorStores } from './vector-stores/vector-stores.ts';

/** A provider's model that makes vectors of texts. */
export interface Embeddings {
  baseURL: string;
  /** Empty for a server that asks for none. */
  apiKey: string;
  model: string;
}

export interface FileSearchOptions {
  index: SearchIndex;
  documents: DocumentReader;
  /** Left out, what means alike is learnt from the documents themselves. */
  embeddings?: Embeddings;
}

export interface Surroundings {
  keyv: <T>(namespace: string) => Keyv<T>;
  state: State;
  locks: Locks;
  /** For the log. */
  onError: (error: unknown) => void;
}

/** The vector stores over a state, with what indexes and what searches them. */
export function openFileSearch({ index, documents, embeddings }: FileSearchOptions, around: Surroundings) {
  const { keyv, locks, onError } = around;
  const source = sourceOf(index, keyv('semantics'), embeddings);
  const semantics = new Semantics({ index, source, locks, failed: onError });
  const engine = new SearchEngine(index, semantics);
  const stores = new VectorStores({ state: around.state, index: engine, documents, locks, onError });
  const state: State = { ...around.state, search: stores };
  return {
    /** The state, from which whatever is removed is no longer found, either. */
    state,
    stores,
    search: new StoreSearch(state, stores),
    /** Takes up what was being indexed when the last process ended. */
    async resume(): Promise<void> {
      if (await stores.resume()) semantics.changed('put');
    },
    /** Learns what the passages mean, as far as that can be done now. */
    learn: () => semantics.attempt(),
    /** Leaves it to the next process. */
    async close(): Promise<void> {
      await stores.close();
      await semantics.close();
    },
  };
}

function sourceOf(index: SearchIndex, kept: Keyv, embeddings: Embeddings | undefined): EmbedderSource {
  if (!embeddings) return new LatentSource(index, kept);
  const { baseURL, apiKey, model } = embeddings;
  const client = new OpenAI({ baseURL, apiKey: apiKey || 'none', logLevel: 'off' });
  const key = `dimension ${model}`;
  return new ProviderSource(client, model, {
    keep: (dimension) => kept.set(key, dimension),
    kept: () => kept.get(key),
  });
}

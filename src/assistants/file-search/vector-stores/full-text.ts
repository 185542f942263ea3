import type { Place } from '../documents/document.ts';
import { partsOf } from '../search/parts.ts';
import { termsOf } from '../search/terms.ts';
import type { SearchIndex, FoundChunk as StoredChunk } from '../search-index.ts';
import type { FoundChunk, Index, IndexedFile, IndexQuery } from './index-port.ts';

/** Finds passages by their words alone, in the store's own index. */
export class FullText implements Index {
  readonly #index: SearchIndex;

  constructor(index: SearchIndex) {
    this.#index = index;
  }

  put({ chunks, ...file }: IndexedFile): Promise<void> {
    const indexed = chunks.map((chunk) => ({
      ...chunk,
      parts: partsOf([...chunk.headings, chunk.text].join('\n')),
    }));
    return this.#index.put({ ...file, chunks: indexed });
  }

  setAttributes(...of: Parameters<Index['setAttributes']>): Promise<boolean> {
    return this.#index.setAttributes(...of);
  }

  remove(store: string, file?: string): Promise<void> {
    return this.#index.remove(store, file);
  }

  async chunks(store: string, file: string) {
    return (await this.#index.chunks(store, file)).map(placed);
  }

  /** What is best for any of the queries. */
  async search({ queries, limit, ...scope }: IndexQuery): Promise<FoundChunk[]> {
    const found = queries.map((query) =>
      this.#index.candidates({ ...scope, terms: termsOf(query), phrases: [], limit }),
    );
    const scores = new Map<number, number>();
    for (const { id, lexical } of (await Promise.all(found)).flat())
      scores.set(id, Math.max(scores.get(id) ?? 0, lexical));
    const best = [...scores].sort(([, one], [, other]) => other - one).slice(0, limit);
    const chunks = await this.#index.read(best.map(([id]) => id));
    return chunks.map((chunk) => ({ ...placed(chunk), score: scores.get(chunk.id) ?? 0 }));
  }
}

/** What was put with a place comes back with it. */
function placed<T extends Pick<StoredChunk, 'place' | 'headings'>>(chunk: T): T & { place: Place } {
  return { ...chunk, place: chunk.place as Place };
}

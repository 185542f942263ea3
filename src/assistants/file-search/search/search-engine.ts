import { setImmediate as turn } from 'node:timers/promises';
import type {
  Attributes,
  Chunk,
  Filter,
  FoundChunk,
  IndexedChunk,
  IndexedFile,
  SearchIndex,
} from '../search-index.ts';
import type { Semantics } from '../semantics/semantics.ts';
import { fuse, type Scored } from './fusion.ts';
import { partsOf } from './parts.ts';
import { phrasesOf, termsOf } from './terms.ts';

/** Of each kind so many are looked at: what is good by the sum of two is seldom far down in both. */
const CANDIDATES = 100;

/** So many chunks are looked through at once, in a few ms. */
const AT_ONCE = 10;

/** A file as it is put. */
export interface SearchableFile extends Omit<IndexedFile, 'chunks'> {
  chunks: readonly Chunk[];
}

export interface Search {
  stores: readonly string[];
  /** Several ways to ask for the same, or several things. */
  queries: readonly string[];
  filter?: Filter;
  limit: number;
  /** What the words count beside the meaning, 0 to 1; as measured, where left out. */
  lexicalShare?: number;
}

/** A passage that was found, with a score from 0 to 1. */
export interface Hit extends FoundChunk {
  score: number;
  /** What it is made of. */
  lexical: number;
  semantic?: number;
}

/** Search over what was put: by words and by meaning. */
export class SearchEngine {
  readonly #index: SearchIndex;
  readonly #semantics: Semantics | undefined;

  constructor(index: SearchIndex, semantics?: Semantics) {
    this.#index = index;
    this.#semantics = semantics;
  }

  /** Found by its words when the promise resolves, and by its meaning soon after. */
  async put(file: SearchableFile): Promise<void> {
    await this.#index.put({ ...file, chunks: await withParts(file.chunks) });
    this.#semantics?.changed('put');
  }

  setAttributes(store: string, file: string, attributes: Attributes): Promise<boolean> {
    return this.#index.setAttributes(store, file, attributes);
  }

  async remove(store: string, file?: string): Promise<void> {
    await this.#index.remove(store, file);
    this.#semantics?.changed('removed');
  }

  /** A file's passages in their order. */
  chunks(store: string, file: string): Promise<Chunk[]> {
    return this.#index.chunks(store, file);
  }

  /** The best passages for any of the queries, best first. */
  async search({ queries, limit, lexicalShare, ...scope }: Search): Promise<Hit[]> {
    const scores = new Map<number, Scored>();
    for (const query of queries) {
      const vector = await this.#semantics?.vectorOf(query);
      const candidates = await this.#index.candidates({
        ...scope,
        terms: termsOf(query),
        phrases: phrasesOf(query),
        ...(vector && { vector }),
        limit: Math.max(CANDIDATES, limit),
      });
      for (const one of fuse(candidates, lexicalShare))
        if (one.score >= (scores.get(one.id)?.score ?? 0)) scores.set(one.id, one);
    }
    const best = [...scores.values()].sort((one, other) => other.score - one.score).slice(0, limit);
    const found = await this.#index.read(best.map(({ id }) => id));
    return found.flatMap((chunk) => {
      const scored = scores.get(chunk.id);
      return scored ? [{ ...chunk, ...scored }] : [];
    });
  }
}

async function withParts(chunks: readonly Chunk[]): Promise<IndexedChunk[]> {
  const all: IndexedChunk[] = [];
  for (const chunk of chunks) {
    all.push({ ...chunk, parts: partsOf([...chunk.headings, chunk.text].join('\n')) });
    if (all.length % AT_ONCE === 0) await turn();
  }
  return all;
}

import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { Keyv } from 'keyv';
import { Blobs } from '../../../blobs.ts';
import type { SearchIndex } from '../../search-index.ts';
import type { Embedder, EmbedderSource } from '../embedder.ts';
import { decodeBasis } from './codec.ts';
import { LatentEmbedder } from './latent-embedder.ts';
import { learnAside } from './learn-aside.ts';

/** With fewer chunks there is hardly a word whose company says anything. */
const LEAST_CHUNKS = 20;

/** The most chunks that are learnt from, spread over all of them: more take longer and change little. */
const MOST_CHUNKS = 5_000;

/** When there are so many times as many chunks as were learnt from, there is more to be learnt. */
const GROWTH = 1.5;

/** So many chunks are read at once. */
const PAGE = 50;

/** What is kept of what was learnt; the basis itself is beside it, as bytes. */
interface Learnt {
  generation: string;
  /** How many chunks there were. */
  chunks: number;
}

const BASIS = 'latent-basis';
const LEARNT = 'latent';

/** Learns from the documents that are searched, again when they have grown, and when something of them was removed. */
export class LatentSource implements EmbedderSource {
  readonly #index: SearchIndex;
  readonly #kept: Keyv<Learnt>;
  readonly #bases: Blobs;
  #hasForgotten = false;

  /** @param kept Holds what was learnt. */
  constructor(index: SearchIndex, kept: Keyv) {
    this.#index = index;
    this.#kept = kept;
    this.#bases = new Blobs(kept);
  }

  async restore(current: Embedder | undefined): Promise<Embedder | undefined> {
    const learnt = await this.#kept.get(LEARNT);
    if (learnt && learnt.generation === current?.generation) return current;
    const basis = await this.#bases.get(BASIS);
    return learnt && basis && new LatentEmbedder(learnt.generation, decodeBasis(basis));
  }

  async next(current: Embedder | undefined, signal: AbortSignal): Promise<Embedder | undefined> {
    const { chunks } = await this.#index.count();
    const learnt = await this.#kept.get(LEARNT);
    const isDue = !learnt || this.#hasForgotten || chunks > learnt.chunks * GROWTH;
    if (current && learnt?.generation === current.generation && !isDue) return current;
    if (chunks < LEAST_CHUNKS && !this.#hasForgotten) return current;
    this.#hasForgotten = false;
    const basis = chunks < LEAST_CHUNKS ? undefined : await learnAside(this.#texts(chunks), signal);
    if (!basis) {
      await this.#kept.delete(LEARNT);
      await this.#bases.delete(BASIS);
      return undefined;
    }
    const generation = `latent-${randomUUID()}`;
    await this.#bases.set(BASIS, basis);
    await this.#kept.set(LEARNT, { generation, chunks });
    return new LatentEmbedder(generation, decodeBasis(basis));
  }

  removed(): void {
    this.#hasForgotten = true;
  }

  async *#texts(chunks: number): AsyncGenerator<string[]> {
    const every = Math.max(1, Math.ceil(chunks / MOST_CHUNKS));
    let seen = 0;
    for (let after = 0; ; ) {
      const some = await this.#index.walk(after, PAGE);
      if (some.length === 0) return;
      const chosen = some.filter(() => seen++ % every === 0);
      yield chosen.map(({ headings, text }) => [...headings, text].join('\n'));
      after = some.at(-1)?.id ?? after;
      await turn();
    }
  }
}

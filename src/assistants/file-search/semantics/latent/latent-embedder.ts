import { setImmediate as turn } from 'node:timers/promises';
import type { Embedder } from '../embedder.ts';
import { type Basis, fold } from './basis.ts';
import { Stemmer } from './stems.ts';

/** Vectors by what was learnt from the documents: https://en.wikipedia.org/wiki/Latent_semantic_analysis */
export class LatentEmbedder implements Embedder {
  readonly generation: string;
  readonly batch = 8;
  readonly #basis: Basis;
  readonly #stemmer = new Stemmer();

  constructor(generation: string, basis: Basis) {
    this.generation = generation;
    this.#basis = basis;
  }

  async embed(texts: readonly string[]): Promise<Float32Array[]> {
    const vectors: Float32Array[] = [];
    for (const text of texts) {
      // It works where it is called, and lets others in between.
      if (vectors.length > 0) await turn();
      for (const stems of this.#stemmer.stems([text])) vectors.push(fold(stems, this.#basis));
    }
    return vectors;
  }
}

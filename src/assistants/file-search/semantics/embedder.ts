/** Makes vectors of texts, such that texts which mean alike have vectors which point alike. */
export interface Embedder {
  /** Names what makes the vectors: those of two names cannot be compared. */
  readonly generation: string;
  /** How many texts to give at once. */
  readonly batch: number;
  /** Of unit length, one for each text in their order; what else they are for, may wait longer. Rejects when it can't be done. */
  embed(
    texts: readonly string[],
    purpose: 'question' | 'passages',
    signal?: AbortSignal,
  ): Promise<Float32Array[]>;
}

/** Where embedders come from. */
export interface EmbedderSource {
  /**
   * What made the vectors that there are, in this process, before it or beside it: `current` where that did. Undefined where
   * nothing did.
   */
  restore(current: Embedder | undefined): Promise<Embedder | undefined>;
  /** What should make vectors from now on: `current` as long as it is good enough. Undefined where nothing can yet. */
  next(current: Embedder | undefined, signal: AbortSignal): Promise<Embedder | undefined>;
  /** Texts were removed, of which nothing may be left. */
  removed(): void;
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { SearchIndex } from '../search-index.ts';
import type { Embedder, EmbedderSource } from './embedder.ts';

/** Before what has failed is tried again, in ms: a provider's outage is over after minutes, not seconds. */
const RETRY_MS = 60_000;

/** How long a question waits for its vector, in ms; its words find much without. */
const PATIENCE_MS = 3_000;

export interface SemanticsOptions {
  index: SearchIndex;
  source: EmbedderSource;
  /** Is told of what failed and is tried again. */
  failed(error: unknown): void;
  retryMs?: number;
}

/**
 * Gives each passage a vector, in the background, and each question. While what makes the vectors changes, those that there
 * are stay of use until all passages have one of the new; what was done is kept, so that no text is embedded twice.
 */
export class Semantics {
  readonly #options: SemanticsOptions;
  readonly #closed = new AbortController();
  /** What makes the vectors that are searched. */
  #current: Embedder | undefined;
  #restored: Promise<void> | undefined;
  #running: Promise<void> | undefined;
  #isAskedAgain = false;
  /** Ends the pause after a failure. */
  #pause = new AbortController();
  #failed = Promise.withResolvers<void>();

  constructor(options: SemanticsOptions) {
    this.#options = options;
  }

  /** Where a question points; undefined where that can't be told now. */
  async vectorOf(question: string): Promise<{ generation: string; values: Float32Array } | undefined> {
    await this.#restoreOnce();
    const embedder = this.#current;
    if (!embedder) return undefined;
    const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(PATIENCE_MS)]);
    try {
      const [values] = await embedder.embed([question], 'question', signal);
      return values && { generation: embedder.generation, values };
    } catch (error) {
      if (!this.#closed.signal.aborted) this.#options.failed(error);
      return undefined;
    }
  }

  /** Passages were put or removed. */
  changed(what: 'put' | 'removed'): void {
    if (what === 'removed') this.#options.source.removed();
    if (this.#closed.signal.aborted) return;
    this.#isAskedAgain = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves when all passages have a vector. */
  async settled(): Promise<void> {
    await this.#running;
  }

  /** Gives vectors to those that have none. Resolves when all have one, or when that has failed: it is tried again later. */
  async attempt(): Promise<void> {
    const failed = this.#failed.promise;
    this.changed('put');
    this.#pause.abort();
    await Promise.race([this.#running, failed]);
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closed;
    while (this.#isAskedAgain && !signal.aborted) {
      this.#isAskedAgain = false;
      try {
        await this.#tend(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#options.failed(error);
        this.#failed.resolve();
        this.#failed = Promise.withResolvers();
        this.#isAskedAgain = true;
        await this.#rest(signal);
      }
    }
  }

  async #rest(closed: AbortSignal): Promise<void> {
    this.#pause = new AbortController();
    const signal = AbortSignal.any([closed, this.#pause.signal]);
    await sleep(this.#options.retryMs ?? RETRY_MS, undefined, { signal, ref: false }).catch(() => {});
  }

  async #tend(signal: AbortSignal): Promise<void> {
    await this.#restoreOnce();
    const { index, source } = this.#options;
    const next = await source.next(this.#current, signal);
    if (!next) return;
    await this.#fill(next, signal);
    if (next.generation === this.#current?.generation) return;
    this.#current = next;
    await index.keepGenerations([next.generation]);
  }

  async #fill(embedder: Embedder, signal: AbortSignal): Promise<void> {
    const { index } = this.#options;
    const { chunks, vectors } = await index.count(embedder.generation);
    if (chunks === vectors) return;
    for (let after = 0; !signal.aborted; ) {
      const some = await index.withoutVector(embedder.generation, after, embedder.batch);
      if (some.length === 0) return;
      const texts = some.map(({ headings, text }) => [...headings, text].join('\n'));
      const made = await embedder.embed(texts, 'passages', signal);
      await index.addVectors(
        embedder.generation,
        some.map(({ id }, at) => [id, made[at] as Float32Array]),
      );
      after = some.at(-1)?.id ?? after;
    }
    signal.throwIfAborted();
  }

  #restoreOnce(): Promise<void> {
    this.#restored ??= this.#options.source.restore().then((embedder) => {
      this.#current ??= embedder;
    });
    this.#restored.catch(() => {
      this.#restored = undefined;
    });
    return this.#restored;
  }
}

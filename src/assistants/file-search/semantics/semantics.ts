import { setTimeout as sleep } from 'node:timers/promises';
import { ALONE, type Lock, type Locks } from '../../runs/locks.ts';
import type { SearchIndex } from '../search-index.ts';
import type { Embedder, EmbedderSource } from './embedder.ts';

/** Before what has failed is tried again, in ms: a provider's outage is over after minutes, not seconds. */
const RETRY_MS = 60_000;

/** How long a question waits for its vector, in ms; its words find much without. */
const PATIENCE_MS = 3_000;

/** How often it is looked for what other processes have made, in ms: until then this one searches by what it knows. */
const LOOK_MS = 5_000;

/** Between two looks at what was put, in ms: each counts all passages, and of many files one comes after the other. */
const PAUSE_MS = 250;

export interface SemanticsOptions {
  index: SearchIndex;
  source: EmbedderSource;
  /** Is told of what failed and is tried again. */
  failed(error: unknown): void;
  /** Among the processes that share the index, of which one at a time makes vectors. */
  locks?: Locks;
  retryMs?: number;
  lookMs?: number;
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
  #looked: Promise<void> | undefined;
  #lookedAt = 0;
  #running: Promise<void> | undefined;
  #isAskedAgain = false;
  /** To which passage all have a vector of which generation. */
  #filled: { generation: string; upTo: number } | undefined;
  #tendedAt = -Infinity;
  /** Ends the pause after a failure, or between two looks. */
  #pause = new AbortController();
  #failed = Promise.withResolvers<void>();

  constructor(options: SemanticsOptions) {
    this.#options = options;
  }

  /** Where a question points; undefined where that can't be told now. */
  async vectorOf(question: string): Promise<{ generation: string; values: Float32Array } | undefined> {
    await this.#lookAgain();
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
    this.#pause.abort();
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
      await this.#rest(signal, PAUSE_MS - (performance.now() - this.#tendedAt));
      if (signal.aborted) return;
      this.#isAskedAgain = false;
      try {
        await this.#tendAlone(signal);
        this.#tendedAt = performance.now();
      } catch (error) {
        if (signal.aborted) return;
        this.#options.failed(error);
        this.#failed.resolve();
        this.#failed = Promise.withResolvers();
        this.#isAskedAgain = true;
        await this.#rest(signal, this.#options.retryMs ?? RETRY_MS);
      }
    }
  }

  async #rest(closed: AbortSignal, ms: number): Promise<void> {
    if (ms <= 0) return;
    this.#pause = new AbortController();
    const signal = AbortSignal.any([closed, this.#pause.signal]);
    // A process that does nothing else does not stay for a long one.
    await sleep(ms, undefined, { signal, ref: ms <= PAUSE_MS }).catch(() => {});
  }

  async #tendAlone(signal: AbortSignal): Promise<void> {
    const lock = await this.#lock(signal);
    try {
      await this.#tend(AbortSignal.any([signal, lock.lost]));
    } finally {
      await lock.release();
    }
  }

  /** Waits for another process: it may have looked through the passages before the last of them came. */
  async #lock(signal: AbortSignal): Promise<Lock> {
    const { locks = ALONE, lookMs = LOOK_MS } = this.#options;
    for (;;) {
      const lock = await locks.take('semantics');
      if (lock) return lock;
      await sleep(lookMs, undefined, { signal, ref: false });
    }
  }

  async #tend(signal: AbortSignal): Promise<void> {
    await this.#look();
    const { index, source } = this.#options;
    const former = this.#current?.generation;
    const next = await source.next(this.#current, signal);
    if (!next) return;
    await this.#fill(next, signal);
    if (next.generation === former) return;
    this.#current = next;
    await index.keepGenerations([next.generation]);
  }

  /** Goes on where it was: what is put has larger ids, but for what was begun before and has come later. */
  async #fill(embedder: Embedder, signal: AbortSignal): Promise<void> {
    const { generation } = embedder;
    if (await this.#isWhole(generation)) return;
    const from = this.#filled?.generation === generation ? this.#filled.upTo : 0;
    await this.#fillAfter(from, embedder, signal);
    if (from > 0 && !(await this.#isWhole(generation))) await this.#fillAfter(0, embedder, signal);
  }

  async #fillAfter(from: number, embedder: Embedder, signal: AbortSignal): Promise<void> {
    const { index } = this.#options;
    const { generation } = embedder;
    for (let after = from; !signal.aborted; ) {
      const some = await index.withoutVector(generation, after, embedder.batch);
      if (some.length === 0) return;
      const texts = some.map(({ headings, text }) => [...headings, text].join('\n'));
      const made = await embedder.embed(texts, 'passages', signal);
      await index.addVectors(
        generation,
        some.map(({ id }, at) => [id, made[at] as Float32Array]),
      );
      after = some.at(-1)?.id ?? after;
      this.#filled = { generation, upTo: after };
    }
    signal.throwIfAborted();
  }

  async #isWhole(generation: string): Promise<boolean> {
    const { chunks, vectors } = await this.#options.index.count(generation);
    return chunks === vectors;
  }

  #lookAgain(): Promise<void> {
    const { lookMs = LOOK_MS } = this.#options;
    if (this.#looked && performance.now() - this.#lookedAt < lookMs) return this.#looked;
    this.#lookedAt = performance.now();
    const looked = this.#look();
    this.#looked = looked;
    looked.catch(() => {
      if (this.#looked === looked) this.#looked = undefined;
    });
    return looked;
  }

  /** Takes up what was made before this process, or beside it, as soon as that is no less whole than what it has. */
  async #look(): Promise<void> {
    const { index, source } = this.#options;
    const current = this.#current;
    const kept = await source.restore(current);
    if (kept?.generation === current?.generation) return;
    if (kept && current) {
      const [there, here] = [await index.count(kept.generation), await index.count(current.generation)];
      if (there.vectors < here.vectors) return;
    }
    // What this process has made meanwhile is newer.
    if (this.#current === current) this.#current = kept;
  }
}

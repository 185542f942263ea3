import type { ChunkingStrategy } from '../../chunks/chunk.ts';
import { checkSize } from '../check-size.ts';
import type { ChunkedDocument, DocumentReader, NamedFile } from '../document-reader.ts';
import { type DocumentLimits, LIMITS } from '../limits.ts';
import { ReadingProcess } from './reading-process.ts';

/** How many documents are read at once: each takes a processor, and up to several hundred MB. */
const PROCESSES = 2;

/** After how long without a document a process is ended: a sync has one after the other, and a start takes 0.3 s. */
const IDLE_MS = 30_000;

/** What waits for a process. */
interface Waiter {
  serve(): void;
  refuse(reason: unknown): void;
}

/** Reads documents in a few processes, which are used again while they are sound. */
export class ReadingProcesses implements DocumentReader {
  readonly #limits: DocumentLimits;
  readonly #all = new Set<ReadingProcess>();
  readonly #idle = new Map<ReadingProcess, NodeJS.Timeout>();
  readonly #line: Waiter[] = [];
  #busy = 0;
  #isClosed = false;

  constructor(limits: DocumentLimits = LIMITS) {
    this.#limits = limits;
  }

  get processIds(): number[] {
    return [...this.#all].flatMap(({ pid }) => pid ?? []);
  }

  async read(file: NamedFile, strategy: ChunkingStrategy, signal?: AbortSignal): Promise<ChunkedDocument> {
    checkSize(file.bytes);
    await this.#turn(signal);
    const process = this.#take();
    try {
      return await process.read(file, strategy, signal);
    } finally {
      this.#giveBack(process);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { refuse } of this.#line.splice(0)) refuse(closed());
    for (const timer of this.#idle.values()) clearTimeout(timer);
    for (const process of this.#all) process.kill();
    await Promise.all([...this.#all].map(({ gone }) => gone));
  }

  /** Resolves when a process is free for who asks, in the order of asking. */
  #turn(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#isClosed) return Promise.reject(closed());
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = () => {
      this.#line.splice(this.#line.indexOf(waiter), 1);
      reject(signal?.reason);
    };
    const stay = () => signal?.removeEventListener('abort', leave);
    const waiter: Waiter = {
      serve() {
        stay();
        resolve();
      },
      refuse(reason) {
        stay();
        reject(reason);
      },
    };
    signal?.addEventListener('abort', leave, { once: true });
    this.#line.push(waiter);
    this.#serve();
    return promise;
  }

  #serve(): void {
    while (this.#busy < PROCESSES && this.#line.length > 0) {
      this.#busy += 1;
      this.#line.shift()?.serve();
    }
  }

  #take(): ReadingProcess {
    const [idle] = this.#idle.keys();
    if (idle) {
      clearTimeout(this.#idle.get(idle));
      this.#idle.delete(idle);
      if (idle.isFit) return idle;
    }
    const process = new ReadingProcess(this.#limits);
    this.#all.add(process);
    void process.gone.then(() => this.#all.delete(process));
    return process;
  }

  #giveBack(process: ReadingProcess): void {
    if (this.#isClosed || !process.isFit) process.kill();
    else this.#idle.set(process, setTimeout(() => this.#retire(process), IDLE_MS).unref());
    this.#busy -= 1;
    this.#serve();
  }

  #retire(process: ReadingProcess): void {
    this.#idle.delete(process);
    process.kill();
  }
}

function closed(): Error {
  return new Error('The reading of documents has been closed.');
}

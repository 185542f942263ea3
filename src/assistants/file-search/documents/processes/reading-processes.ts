import { SharedMemory } from '../../../memory/shared-memory.ts';
import { wallsHere } from '../../../walls/find-walls.ts';
import type { Walls } from '../../../walls/wall.ts';
import type { ChunkingStrategy } from '../../chunks/chunk.ts';
import { checkSize } from '../check-size.ts';
import type { ChunkedDocument, DocumentReader, NamedFile } from '../document-reader.ts';
import { type DocumentLimits, LIMITS } from '../limits.ts';
import { ReadingProcess } from './reading-process.ts';

/** How many documents are read at once: each takes a processor, and up to several hundred MB. */
const PROCESSES = 2;

/** After how long without a document a process is ended: a sync has one after the other, and a start takes 0.3 s. */
const IDLE_MS = 30_000;

/** What a process holds when it has read a usual document, in bytes, measured on Linux x64 and rounded up. */
const EXPECTED_BYTES = 150 * 1024 * 1024;

/** What waits for a process. */
interface Waiter {
  serve(): void;
  refuse(reason: unknown): void;
}

/** Reads documents in a few processes, which are used again while they are sound. */
export class ReadingProcesses implements DocumentReader {
  readonly #limits: DocumentLimits;
  readonly #memory: SharedMemory;
  readonly #walls: () => Promise<Walls>;
  readonly #all = new Set<ReadingProcess>();
  readonly #idle = new Map<ReadingProcess, NodeJS.Timeout>();
  readonly #line: Waiter[] = [];
  #busy = 0;
  readonly #closing = new AbortController();

  /**
   * @param walls what stands around each of them; the best that this machine has when left out
   * @param memory what they share, also with others
   */
  constructor(
    limits: DocumentLimits = LIMITS,
    walls: () => Promise<Walls> = wallsHere,
    memory = new SharedMemory(),
  ) {
    this.#limits = limits;
    this.#walls = walls;
    this.#memory = memory;
  }

  get processIds(): number[] {
    return [...this.#all].flatMap(({ pid }) => pid ?? []);
  }

  async read(file: NamedFile, strategy: ChunkingStrategy, signal?: AbortSignal): Promise<ChunkedDocument> {
    checkSize(file.bytes);
    const walls = await this.#walls();
    await this.#turn(signal);
    let process: ReadingProcess | undefined;
    try {
      process = this.#takeIdle() ?? (await this.#start(walls, signal));
      return await process.read(file, strategy, signal);
    } finally {
      this.#giveBack(process);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(closed());
    for (const { refuse } of this.#line.splice(0)) refuse(closed());
    for (const timer of this.#idle.values()) clearTimeout(timer);
    for (const process of this.#all) process.kill();
    await Promise.all([...this.#all].map(({ gone }) => gone));
  }

  /** Resolves when a process is free for who asks, in the order of asking. */
  #turn(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#closing.signal.aborted) return Promise.reject(closed());
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

  #takeIdle(): ReadingProcess | undefined {
    const [idle] = this.#idle.keys();
    if (!idle) return undefined;
    clearTimeout(this.#idle.get(idle));
    this.#idle.delete(idle);
    return idle.isFit ? idle : undefined;
  }

  /** Waits for memory before. */
  async #start(walls: Walls, signal: AbortSignal | undefined): Promise<ReadingProcess> {
    const closing = this.#closing.signal;
    const either = signal ? AbortSignal.any([signal, closing]) : closing;
    const giveBack = await this.#memory.place({ expectedBytes: EXPECTED_BYTES, signal: either });
    try {
      return this.#startNow(walls);
    } finally {
      giveBack();
    }
  }

  #startNow(walls: Walls): ReadingProcess {
    const process = new ReadingProcess(this.#limits, walls);
    this.#all.add(process);
    const end = () => process.endCrowded(this.#memory.totalBytes);
    const leave = this.#memory.join({ pid: process.pid, expectedBytes: EXPECTED_BYTES, end });
    void process.gone.then(() => {
      this.#all.delete(process);
      leave();
    });
    return process;
  }

  #giveBack(process: ReadingProcess | undefined): void {
    if (process && !this.#closing.signal.aborted && process.isFit)
      this.#idle.set(process, setTimeout(() => this.#retire(process), IDLE_MS).unref());
    else process?.kill();
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

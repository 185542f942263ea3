import { Worker } from 'node:worker_threads';
import type { SideFile } from './side-file.ts';
import type { Answer, Call, Method } from './worker.ts';

interface Waiting {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/**
 * A connection to the side file in a thread of its own, since `node:sqlite` holds up the one that it is called on. It is
 * made at the first call, and keeps no process alive that does nothing else.
 */
export class Connection {
  readonly #file: string;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #calls = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** Rejects with an error as SQLite has it. */
  call<M extends Method>(method: M, ...args: Parameters<SideFile[M]>): Promise<ReturnType<SideFile[M]>> {
    const id = this.#calls++;
    const worker = this.#worker ?? this.#start();
    worker.ref();
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
      worker.postMessage({ id, method, args } satisfies Call);
    });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    if (!worker) return;
    const exited = new Promise((resolve) => worker.once('exit', resolve));
    await this.call('close').catch(() => {});
    // The last answer let go of it: a process that does nothing else would end before it.
    worker.ref();
    await exited;
  }

  #start(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: this.#file });
    this.#worker = worker;
    worker.on('message', (answer: Answer) => this.#answered(worker, answer));
    worker.on('error', (error) => this.#ended(error));
    worker.on('exit', () => this.#ended(new Error('The thread of the search index has ended.')));
    return worker;
  }

  #answered(worker: Worker, { id, result, error }: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) worker.unref();
    if (error) waiting?.reject(Object.assign(new Error(error.message), error));
    else waiting?.resolve(result);
  }

  #ended(error: unknown): void {
    this.#worker = undefined;
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const waiting of all) waiting.reject(error);
  }
}

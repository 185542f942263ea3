import type { Limits } from './limits.ts';
import type { PackageSet } from './packages/packages.ts';
import { PythonProcess } from './python-process.ts';
import type { Snapshot } from './snapshot.ts';

/** Starts Python processes, and knows all of those that live. */
export class Launcher {
  readonly #snapshot: Snapshot;
  readonly #limits: Limits;
  readonly #packages: () => Promise<PackageSet>;
  readonly #processes = new Set<PythonProcess>();
  #closed = false;

  constructor(snapshot: Snapshot, limits: Limits, packages: () => Promise<PackageSet>) {
    this.#snapshot = snapshot;
    this.#limits = limits;
    this.#packages = packages;
  }

  get processIds(): number[] {
    return [...this.#processes].flatMap(({ pid }) => pid ?? []);
  }

  /** Rejects with a sentence when Python doesn't start. A snapshot that it doesn't start from is made anew, once. */
  async start(): Promise<PythonProcess> {
    const snapshot = this.#snapshot.path();
    const path = await snapshot;
    try {
      return await this.#startFrom(path);
    } catch (error) {
      if (this.#closed) throw error;
      await this.#snapshot.discard(snapshot);
      return this.#startFrom(await this.#snapshot.path());
    }
  }

  /** Ends every process, those that are starting too, and waits until they are gone. */
  async close(): Promise<void> {
    this.#closed = true;
    const processes = [...this.#processes];
    for (const python of processes) python.kill();
    await Promise.all(processes.map(({ gone }) => gone));
  }

  async #startFrom(path: string): Promise<PythonProcess> {
    const packages = await this.#packages();
    if (this.#closed) throw new Error('Python has been closed.');
    const python = new PythonProcess(path, this.#limits, packages);
    this.#processes.add(python);
    void python.gone.then(() => this.#processes.delete(python));
    await python.ready;
    return python;
  }
}

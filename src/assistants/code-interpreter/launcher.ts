import type { GiveBack, SharedMemory } from '../memory/shared-memory.ts';
import type { Walls } from '../walls/wall.ts';
import { type Limits, PROCESS_BYTES } from './limits.ts';
import type { PackageSet } from './packages/packages.ts';
import { PythonProcess } from './python-process.ts';
import type { Snapshot } from './snapshot.ts';

/** What every Python is started with. */
export interface LauncherParts {
  limits: Limits;
  packages: () => Promise<PackageSet>;
  walls: () => Promise<Walls>;
  /** Which all of them share. */
  memory: SharedMemory;
}

/** Starts Python processes, and knows all of those that live. */
export class Launcher {
  readonly #snapshot: Snapshot;
  readonly #parts: LauncherParts;
  readonly #processes = new Set<PythonProcess>();
  readonly #crowded = new WeakSet<PythonProcess>();
  #closed = false;

  constructor(snapshot: Snapshot, parts: LauncherParts) {
    this.#snapshot = snapshot;
    this.#parts = parts;
  }

  get processIds(): number[] {
    return [...this.#processes].flatMap(({ pid }) => pid ?? []);
  }

  /**
   * Takes a place in memory, which is given back. Rejects with a sentence when Python doesn't start. A snapshot that it
   * doesn't start from is made anew, once.
   */
  async start(giveBack: GiveBack): Promise<PythonProcess> {
    try {
      return await this.#start(giveBack);
    } finally {
      giveBack();
    }
  }

  /** Whether one of them has been ended and is not gone yet. */
  get awaitsEnd(): boolean {
    return this.#ended().length > 0;
  }

  /** Resolves when all that have been ended are gone. */
  async endedAreGone(): Promise<void> {
    await Promise.all(this.#ended().map(({ gone }) => gone));
  }

  /** Whether it was ended because all of them held too much, and it the most. */
  wasCrowded(python: PythonProcess): boolean {
    return this.#crowded.has(python);
  }

  /** Ends every process, those that are starting too, and waits until they are gone. */
  async close(): Promise<void> {
    this.#closed = true;
    const processes = [...this.#processes];
    for (const python of processes) python.kill();
    await Promise.all(processes.map(({ gone }) => gone));
  }

  #ended(): PythonProcess[] {
    return [...this.#processes].filter(({ isDead }) => isDead);
  }

  async #start(giveBack: GiveBack): Promise<PythonProcess> {
    const snapshot = this.#snapshot.path();
    const path = await snapshot;
    try {
      return await this.#startFrom(path, giveBack);
    } catch (error) {
      if (this.#closed) throw error;
      await this.#snapshot.discard(snapshot);
      return this.#startFrom(await this.#snapshot.path(), giveBack);
    }
  }

  async #startFrom(path: string, giveBack: GiveBack): Promise<PythonProcess> {
    const { limits, memory } = this.#parts;
    const [packages, walls] = await Promise.all([this.#parts.packages(), this.#parts.walls()]);
    if (this.#closed) throw new Error('Python has been closed.');
    const python = new PythonProcess(path, limits, packages, walls);
    this.#processes.add(python);
    const end = () => {
      this.#crowded.add(python);
      python.kill('memory');
    };
    const leave = memory.join({ pid: python.pid, expectedBytes: PROCESS_BYTES, end });
    giveBack();
    void python.gone.then(() => {
      this.#processes.delete(python);
      leave();
    });
    await python.ready;
    return python;
  }
}

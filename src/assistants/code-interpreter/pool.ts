import type { Limits } from './limits.ts';
import { PythonProcess } from './python-process.ts';
import type { Snapshot } from './snapshot.ts';

/** A session's Python, lent for one call. */
export interface Lease {
  python: PythonProcess;
  /** True when no call of the session ran in it before. */
  fresh: boolean;
}

interface Seat {
  python: PythonProcess;
  busy: boolean;
  idleTimer?: NodeJS.Timeout;
}

/**
 * Gives every session its own Python, of which there are only so many: the one that was idle for longest makes room,
 * and when all are busy, a call waits its turn. A spare one is kept ready.
 */
export class Pool {
  readonly #snapshot: Snapshot;
  readonly #limits: Limits;
  /** In the order of their last call. */
  readonly #seats = new Map<string, Seat>();
  readonly #processes = new Set<PythonProcess>();
  /** How many are being made for somebody and have no seat yet. */
  #reserved = 0;
  #spare: PythonProcess | undefined;
  #keepsSpare = false;
  #waiting: (() => void)[] = [];
  #closed = false;

  constructor(snapshot: Snapshot, limits: Limits) {
    this.#snapshot = snapshot;
    this.#limits = limits;
  }

  get processIds(): number[] {
    return [...this.#processes].flatMap(({ pid }) => pid ?? []);
  }

  /** Makes a spare Python ready, and from now on another one after it was taken. Rejects when none starts. */
  async warmUp(): Promise<void> {
    this.#keepsSpare = true;
    await this.#refill().catch((error: unknown) => {
      if (!this.#closed) throw error;
    });
  }

  /**
   * Lends the session's Python until `release` or `discard`; one call of a session at a time. Rejects with the
   * signal's reason, or when no Python starts.
   */
  async take(session: string, signal: AbortSignal): Promise<Lease> {
    const seat = this.#seats.get(session);
    if (seat && !seat.python.isDead) {
      clearTimeout(seat.idleTimer);
      seat.busy = true;
      return { python: seat.python, fresh: false };
    }
    this.#seats.delete(session);
    const spare = await this.#reserve(signal);
    try {
      const python = spare && !spare.isDead ? spare : await this.#start();
      this.#seats.set(session, { python, busy: true });
      return { python, fresh: true };
    } finally {
      this.#reserved -= 1;
      if (!this.#seats.has(session)) this.#wake();
    }
  }

  /** Takes the session's Python back, whose variables stay for a while. */
  release(session: string): void {
    const seat = this.#seats.get(session);
    if (!seat) return;
    seat.busy = false;
    seat.idleTimer = setTimeout(() => this.discard(session), this.#limits.idleMs).unref();
    this.#seats.delete(session);
    this.#seats.set(session, seat);
    this.#afterCall();
  }

  /** Ends the session's Python. */
  discard(session: string): void {
    const seat = this.#seats.get(session);
    if (!seat) return;
    clearTimeout(seat.idleTimer);
    this.#seats.delete(session);
    seat.python.kill();
    this.#afterCall();
  }

  /** Ends every process and waits until it is gone. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#keepsSpare = false;
    for (const session of [...this.#seats.keys()]) this.discard(session);
    for (const wake of this.#waiting) wake();
    await Promise.all([...this.#processes].map((python) => this.#end(python)));
  }

  #afterCall(): void {
    this.#wake();
    if (this.#keepsSpare) void this.#refill().catch(() => {});
  }

  #wake(): void {
    this.#waiting.shift()?.();
  }

  /** Waits behind those who wait already until there is room for one process more; takes it, and the spare one. */
  async #reserve(signal: AbortSignal): Promise<PythonProcess | undefined> {
    let inLine = this.#waiting.length > 0;
    while (inLine || !this.#makeRoom()) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
      if (signal.aborted) this.#wake();
      signal.throwIfAborted();
      inLine = false;
    }
    this.#reserved += 1;
    const spare = this.#spare;
    this.#spare = undefined;
    return spare;
  }

  /** False when every process is busy. */
  #makeRoom(): boolean {
    if (this.#closed) throw new Error('Python has been closed.');
    if (this.#spare || this.#count() < this.#limits.processes) return true;
    const idle = [...this.#seats].find(([, seat]) => !seat.busy);
    if (!idle) return false;
    clearTimeout(idle[1].idleTimer);
    this.#seats.delete(idle[0]);
    idle[1].python.kill();
    return true;
  }

  #count(): number {
    return this.#seats.size + this.#reserved + (this.#spare ? 1 : 0);
  }

  /** A snapshot that Python doesn't start from is made anew, once. */
  async #start(): Promise<PythonProcess> {
    try {
      return await this.#startOnce();
    } catch (error) {
      if (this.#closed) throw error;
      await this.#snapshot.discard();
      return this.#startOnce();
    }
  }

  async #startOnce(): Promise<PythonProcess> {
    const path = await this.#snapshot.path();
    if (this.#closed) throw new Error('Python has been closed.');
    const python = new PythonProcess(path, this.#limits);
    this.#processes.add(python);
    void python.gone.then(() => this.#processes.delete(python));
    await python.ready;
    return python;
  }

  async #refill(): Promise<void> {
    if (this.#spare || this.#count() >= this.#limits.processes) return;
    this.#reserved += 1;
    try {
      const python = await this.#start();
      if (this.#keepsSpare) this.#spare = python;
      else await this.#end(python);
    } finally {
      this.#reserved -= 1;
      this.#wake();
    }
  }

  async #end(python: PythonProcess): Promise<void> {
    python.kill();
    await python.gone;
  }
}

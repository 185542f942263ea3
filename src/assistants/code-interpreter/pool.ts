/** What the pool knows of a process that it lends. */
export interface Lendable {
  /** It has ended, by `kill` or by itself. */
  readonly isDead: boolean;
  kill(): void;
}

/** A session's process, lent for one call. */
export interface Lease<P> {
  python: P;
  /** True when no call of the session ran in it before. */
  fresh: boolean;
}

export interface PoolLimits {
  /** How many processes exist at once, the warm spare included. */
  processes: number;
  /** After how many milliseconds without a call a session's process is ended. */
  idleMs: number;
}

interface Seat<P> {
  python: P;
  busy: boolean;
  idleTimer?: NodeJS.Timeout;
}

/** A call that waits for a place; `spare` comes with it where one was ready. */
interface Waiter<P> {
  serve(spare: P | undefined): void;
  refuse(error: unknown): void;
}

/**
 * Gives every session its own process, of which there are only so many: the one that was idle for longest makes room,
 * and when all are busy, calls wait in line, and the first who asked is served first. A spare one is kept ready.
 *
 * A place is handed over in the same breath in which it becomes free, so nobody who asks later can slip in before.
 */
export class Pool<P extends Lendable> {
  readonly #start: () => Promise<P>;
  readonly #limits: PoolLimits;
  /** In the order of their last call. */
  readonly #seats = new Map<string, Seat<P>>();
  /** Places of processes that are being started, or that were handed to somebody who has no seat yet. */
  #reserved = 0;
  #spare: P | undefined;
  /** The spare that is being started: there is never more than one. */
  #refilling: Promise<void> | undefined;
  #keepsSpare = false;
  readonly #line: Waiter<P>[] = [];
  #closed = false;

  /** @param start starts a process, and rejects when none can be had */
  constructor(start: () => Promise<P>, limits: PoolLimits) {
    this.#start = start;
    this.#limits = limits;
  }

  /** Makes a spare process ready, and from now on another one after it was taken. Rejects when none starts. */
  async warmUp(): Promise<void> {
    this.#keepsSpare = true;
    await this.#refill();
  }

  /**
   * Lends the session's process until `release` or `discard`; one call of a session at a time. `onWait` hears once
   * that all are busy. Rejects with the signal's reason, or when none starts.
   */
  async take(session: string, signal: AbortSignal, onWait: () => void = () => {}): Promise<Lease<P>> {
    signal.throwIfAborted();
    const seat = this.#seats.get(session);
    if (seat && !seat.python.isDead) {
      clearTimeout(seat.idleTimer);
      seat.busy = true;
      return { python: seat.python, fresh: false };
    }
    if (seat) this.#end(session, seat);
    const spare = await this.#place(signal, onWait);
    try {
      const python = spare && !spare.isDead ? spare : await this.#start();
      if (this.#closed) python.kill();
      this.#seats.set(session, { python, busy: true });
      return { python, fresh: true };
    } finally {
      this.#reserved -= 1;
      this.#serve();
    }
  }

  /** Takes the session's process back, whose variables stay for a while. */
  release(session: string): void {
    const seat = this.#seats.get(session);
    if (!seat) return;
    seat.busy = false;
    seat.idleTimer = setTimeout(() => this.discard(session), this.#limits.idleMs).unref();
    this.#seats.delete(session);
    this.#seats.set(session, seat);
    this.#afterCall();
  }

  /** Ends the session's process. */
  discard(session: string): void {
    const seat = this.#seats.get(session);
    if (!seat) return;
    this.#end(session, seat);
    this.#afterCall();
  }

  /** Ends every process that was started, and starts no more: who waits is refused. */
  close(): void {
    this.#closed = true;
    this.#keepsSpare = false;
    for (const { refuse } of this.#line.splice(0)) refuse(closed());
    for (const [session, seat] of this.#seats) this.#end(session, seat);
    this.#spare?.kill();
    this.#spare = undefined;
  }

  #afterCall(): void {
    this.#serve();
    this.#refill().catch(() => {});
  }

  /** A place, at once or when it is this call's turn; with the spare where there is one. */
  #place(signal: AbortSignal, onWait: () => void): Promise<P | undefined> {
    if (this.#closed) return Promise.reject(closed());
    const { promise, resolve, reject } = Promise.withResolvers<P | undefined>();
    const leave = () => {
      this.#line.splice(this.#line.indexOf(waiter), 1);
      reject(signal.reason);
    };
    const stay = () => signal.removeEventListener('abort', leave);
    const waiter: Waiter<P> = {
      serve(spare) {
        stay();
        resolve(spare);
      },
      refuse(error) {
        stay();
        reject(error);
      },
    };
    signal.addEventListener('abort', leave, { once: true });
    this.#line.push(waiter);
    this.#serve();
    if (this.#line.includes(waiter)) onWait();
    return promise;
  }

  /** Hands places to those who wait, in their order, as long as there are any. */
  #serve(): void {
    while (this.#line.length > 0 && this.#makeRoom()) {
      const spare = this.#spare;
      this.#spare = undefined;
      this.#reserved += 1;
      this.#line.shift()?.serve(spare);
    }
  }

  /** False when every process is busy. */
  #makeRoom(): boolean {
    if (this.#spare || this.#count() < this.#limits.processes) return true;
    const idle = [...this.#seats].find(([, seat]) => !seat.busy);
    if (idle) this.#end(...idle);
    return idle !== undefined;
  }

  #count(): number {
    return this.#seats.size + this.#reserved + (this.#spare ? 1 : 0);
  }

  #end(session: string, seat: Seat<P>): void {
    clearTimeout(seat.idleTimer);
    this.#seats.delete(session);
    seat.python.kill();
  }

  /** Starts a spare where there is none and none on its way, and a place for it. */
  async #refill(): Promise<void> {
    const isRoom = !this.#spare && this.#count() < this.#limits.processes;
    if (!this.#refilling && this.#keepsSpare && isRoom) {
      this.#refilling = this.#startSpare().finally(() => {
        this.#refilling = undefined;
      });
    }
    await this.#refilling;
  }

  async #startSpare(): Promise<void> {
    this.#reserved += 1;
    try {
      const python = await this.#start();
      if (this.#closed) python.kill();
      else this.#spare = python;
    } catch (error) {
      if (!this.#closed) throw error;
    } finally {
      this.#reserved -= 1;
      this.#serve();
    }
  }
}

function closed(): Error {
  return new Error('Python has been closed.');
}

import { FairLine } from '../fair-line.ts';
import { Spare } from './spare.ts';

/**
 * So many places a party leaves to the others when it has a call at work already: in one of them a process is ready, and
 * in the other somebody who is no longer at work keeps the variables.
 */
const PLACES_FOR_OTHERS = 2;

/** With so few processes none is kept ready at a session's cost: two people who take turns keep their variables. */
const TOO_FEW_FOR_SPARE = 2;

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
  /** How many of them work for one party at once. No limit when left out. */
  partyProcesses?: number;
}

/** Who asks for a process. */
export interface Asker {
  session: string;
  /** Among parties the processes are shared; each session is one of its own when left out. */
  party?: string;
}

interface Seat<P> {
  python: P;
  /** Whose call runs in it, or ran last. */
  party: string;
  isBusy: boolean;
  idleTimer?: NodeJS.Timeout;
}

/** What comes with a place: the session's own process, or a spare. */
interface Place<P> {
  own?: P;
  spare?: Promise<P>;
}

/** A call that waits for a place. */
interface Waiter<P> {
  readonly session: string;
  readonly party: string;
  serve(place: Place<P>): void;
  refuse(error: unknown): void;
}

/**
 * Gives every session its own process, of which there are only so many. The one that was idle for longest makes room, of
 * those of the party that has most, and when all are busy, calls wait in line, from which parties are served in turn.
 *
 * A spare one is kept ready for parties that have no call at work: further calls of a party don't take it, and leave
 * places beside, so that however many calls one party makes, others wait for none of them.
 *
 * A place is handed over in the same breath in which it becomes free, so nobody who asks later can slip in before.
 */
export class Pool<P extends Lendable> {
  readonly #start: (spare: boolean) => Promise<P>;
  readonly #limits: PoolLimits;
  readonly #spare: Spare<P>;
  /** In the order of their last call. */
  readonly #seats = new Map<string, Seat<P>>();
  /** Places that were handed to somebody who has no seat yet. */
  #reserved = 0;
  #keepsSpare = false;
  readonly #line: FairLine<Waiter<P>>;
  #closed = false;

  /** @param start starts a process, for a call or as a spare, and rejects when none can be had */
  constructor(start: (spare: boolean) => Promise<P>, limits: PoolLimits) {
    this.#start = start;
    this.#limits = limits;
    this.#spare = new Spare(() => this.#startSpare());
    this.#line = new FairLine(limits.partyProcesses);
  }

  /** Makes a spare process ready, and from now on another one after it was taken. Rejects when none starts. */
  async warmUp(): Promise<void> {
    this.#keepsSpare = true;
    this.#refill();
    await this.#spare.starting?.catch((error: unknown) => {
      if (!this.#closed) throw error;
    });
  }

  /**
   * Lends the session's process until `release` or `discard`; one call of a session at a time. `onWait` hears once
   * that all are busy. Rejects with the signal's reason, or when none starts.
   */
  async take(asker: Asker, signal: AbortSignal, onWait: () => void = () => {}): Promise<Lease<P>> {
    signal.throwIfAborted();
    const { session, party = session } = asker;
    const { own, spare } = await this.#place({ session, party }, signal, onWait);
    if (own) return { python: own, fresh: false };
    try {
      const ready = await spare?.catch(() => undefined);
      const python = ready && !ready.isDead ? ready : await this.#start(false);
      if (this.#closed) python.kill();
      this.#seats.set(session, { python, party, isBusy: true });
      return { python, fresh: true };
    } catch (error) {
      this.#line.end(party);
      throw error;
    } finally {
      this.#reserved -= 1;
      this.#settle();
    }
  }

  /** Takes the session's process back, whose variables stay for a while. */
  release(session: string): void {
    const seat = this.#seats.get(session);
    if (!seat) return;
    this.#rest(seat);
    seat.idleTimer = setTimeout(() => this.discard(session), this.#limits.idleMs).unref();
    this.#seats.delete(session);
    this.#seats.set(session, seat);
    this.#settle();
  }

  /** Ends the session's process. */
  discard(session: string): void {
    const seat = this.#seats.get(session);
    if (!seat) return;
    this.#end(session, seat);
    this.#settle();
  }

  /** Ends a process that is idle, or else the spare, for whose memory somebody waits. */
  yieldIdle(): void {
    const idle = this.#leastMissed();
    if (idle) this.#end(...idle);
    else this.#spare.end();
  }

  /** Ends every process that was started, and starts no more: who waits is refused. */
  close(): void {
    this.#closed = true;
    this.#keepsSpare = false;
    for (const { refuse } of this.#line.clear()) refuse(closed());
    for (const [session, seat] of this.#seats) this.#end(session, seat);
    this.#spare.end();
  }

  #settle(): void {
    this.#serve();
    this.#refill();
  }

  /** A place, at once or when it is this call's turn. */
  #place({ session, party }: Required<Asker>, signal: AbortSignal, onWait: () => void): Promise<Place<P>> {
    if (this.#closed) return Promise.reject(closed());
    const { promise, resolve, reject } = Promise.withResolvers<Place<P>>();
    const leave = () => {
      this.#line.leave(waiter);
      reject(signal.reason);
    };
    const stay = () => signal.removeEventListener('abort', leave);
    const waiter: Waiter<P> = {
      session,
      party,
      serve(place) {
        stay();
        resolve(place);
      },
      refuse(error) {
        stay();
        reject(error);
      },
    };
    signal.addEventListener('abort', leave, { once: true });
    this.#line.join(party, waiter);
    this.#settle();
    if (this.#line.has(waiter)) onWait();
    return promise;
  }

  /** Hands places to those whose turn it is, as long as there are any. */
  #serve(): void {
    const mayGo = ({ party }: Waiter<P>) => this.#hasPlaceFor(party);
    for (let next = this.#line.next(mayGo); next; next = this.#line.next(mayGo)) this.#give(next);
  }

  #hasPlaceFor(party: string): boolean {
    const busy = this.#reserved + this.#seats.size - this.#idle().length;
    const left = this.#line.workOf(party) > 0 ? PLACES_FOR_OTHERS : 0;
    return busy + left < this.#limits.processes;
  }

  #give({ session, party, serve }: Waiter<P>): void {
    const seat = this.#seats.get(session);
    if (seat && !seat.python.isDead) {
      clearTimeout(seat.idleTimer);
      Object.assign(seat, { party, isBusy: true });
      serve({ own: seat.python });
      return;
    }
    if (seat) this.#end(session, seat);
    // The line counts this call already.
    const spare = this.#line.workOf(party) > 1 ? undefined : this.#spare.take();
    if (!spare) this.#makeRoom();
    this.#reserved += 1;
    serve({ ...(spare && { spare }) });
  }

  /** A place for a process that is started now: an idle one ends where there are as many as there may be. */
  #makeRoom(): void {
    const idle = this.#isFull() ? this.#leastMissed() : undefined;
    if (idle) this.#end(...idle);
  }

  #idle(): [string, Seat<P>][] {
    return [...this.#seats].filter(([, { isBusy }]) => !isBusy);
  }

  /** The one that was idle for longest, of those of the party that has most. */
  #leastMissed(): [string, Seat<P>] | undefined {
    const seats = [...this.#seats.values()];
    const countOf = ({ party }: Seat<P>) => seats.filter((seat) => seat.party === party).length;
    const idle = this.#idle();
    const most = Math.max(...idle.map(([, seat]) => countOf(seat)));
    return idle.find(([, seat]) => countOf(seat) === most);
  }

  #isFull(): boolean {
    return this.#count() >= this.#limits.processes;
  }

  #count(): number {
    return this.#seats.size + this.#reserved + (this.#spare.isThere ? 1 : 0);
  }

  #rest(seat: Seat<P>): void {
    if (seat.isBusy) this.#line.end(seat.party);
    seat.isBusy = false;
  }

  #end(session: string, seat: Seat<P>): void {
    clearTimeout(seat.idleTimer);
    this.#rest(seat);
    this.#seats.delete(session);
    seat.python.kill();
  }

  /** Starts a spare where there is a place for it, and none yet, nor one on its way. */
  #refill(): void {
    const isWanted = this.#keepsSpare && !this.#spare.isThere && !this.#spare.starting;
    if (!isWanted || !this.#hasPlaceForSpare()) return;
    this.#makeRoom();
    this.#spare.refill();
  }

  /** A spare ends no process of a session when it would leave none that is idle. */
  #hasPlaceForSpare(): boolean {
    const isWorthIt = this.#limits.processes > TOO_FEW_FOR_SPARE && this.#idle().length > 1;
    return isWorthIt || !this.#isFull();
  }

  async #startSpare(): Promise<P> {
    const python = await this.#start(true);
    if (this.#closed) python.kill();
    return python;
  }
}

function closed(): Error {
  return new Error('Python has been closed.');
}

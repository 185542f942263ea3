import { totalmem } from 'node:os';
import { constrainedMemory } from 'node:process';
import { residentBytes } from './resident.ts';

/** How often the children are looked at, in ms: one that fills memory as fast as it can takes about 50 MB in this time. */
const LOOK_EVERY_MS = 100;

/** A process that counts into the total. */
export interface Member {
  readonly pid: number | undefined;
  /** What it will hold at least, once it has started. */
  readonly expectedBytes: number;
  /** Ends it, since all together hold too much and it holds the most. */
  end(): void;
}

/** A place for a process, promised until this is called: when the process has joined, or is not started after all. */
export type GiveBack = () => void;

/** Who wants to start a process. */
interface Waiter {
  readonly expectedBytes: number;
  serve(giveBack: GiveBack): void;
}

/** What can be asked for a place for a new process. */
export interface PlaceRequest {
  readonly expectedBytes: number;
  /** Gives something back, if it can; asked again as long as there is no place. */
  readonly makeRoom?: () => unknown;
  readonly signal?: AbortSignal;
}

/**
 * The memory that all children have together. Where they hold more, whoever holds the most is ended, and not the bot by
 * the system; a new one waits until what it needs is free.
 */
export class SharedMemory {
  readonly totalBytes: number;
  readonly #bytesOf: (pid: number) => number;
  readonly #members = new Set<Member>();
  /** The bytes of places whose processes have not joined yet. */
  readonly #promised = new Map<GiveBack, number>();
  /** Those that have been ended and are not gone yet. */
  readonly #ended = new WeakSet<Member>();
  readonly #line: (Waiter & PlaceRequest)[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param bytesOf what a process and those below it hold */
  constructor(totalBytes: number = halfOfMemory(), bytesOf: (pid: number) => number = residentBytes) {
    this.totalBytes = totalBytes;
    this.#bytesOf = bytesOf;
  }

  /** Counts a process until the function that is returned is called, which is when it is gone. */
  join(member: Member): () => void {
    this.#members.add(member);
    this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
    return () => {
      this.#members.delete(member);
      this.#serve();
      if (this.#members.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  /** A place that nobody has to wait for, if there is one; the first always has one. */
  placeNow(expectedBytes: number): GiveBack | undefined {
    return this.#hasRoom(expectedBytes) ? this.#promise(expectedBytes) : undefined;
  }

  /** Resolves when there is a place, in the order of asking. Rejects with the signal's reason. */
  place({ expectedBytes, makeRoom, signal }: PlaceRequest): Promise<GiveBack> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<GiveBack>();
    const leave = () => {
      this.#line.splice(this.#line.indexOf(waiter), 1);
      reject(signal?.reason);
    };
    const serve = (giveBack: GiveBack) => {
      signal?.removeEventListener('abort', leave);
      resolve(giveBack);
    };
    const waiter = { expectedBytes, serve, ...(makeRoom && { makeRoom }) };
    signal?.addEventListener('abort', leave, { once: true });
    this.#line.push(waiter);
    this.#serve();
    return promise;
  }

  #look(): void {
    const living = [...this.#members].filter((member) => !this.#ended.has(member));
    const sizes = living.map((member) => ({ member, bytes: this.#held(member) }));
    const sum = sizes.reduce((all, { bytes }) => all + bytes, 0);
    const [largest] = sizes.toSorted((one, other) => other.bytes - one.bytes);
    if (largest && sum > this.totalBytes) this.#end(largest.member);
    this.#serve();
  }

  #end(member: Member): void {
    this.#ended.add(member);
    member.end();
  }

  #serve(): void {
    for (let [first] = this.#line; first; [first] = this.#line) {
      if (!this.#hasRoom(first.expectedBytes)) first.makeRoom?.();
      if (!this.#hasRoom(first.expectedBytes)) return;
      this.#line.shift();
      first.serve(this.#promise(first.expectedBytes));
    }
  }

  #promise(bytes: number): GiveBack {
    const giveBack = () => {
      if (this.#promised.delete(giveBack)) this.#serve();
    };
    this.#promised.set(giveBack, bytes);
    return giveBack;
  }

  #hasRoom(expectedBytes: number): boolean {
    const isFirst = this.#members.size + this.#promised.size === 0;
    return isFirst || this.#promisedBytes() + expectedBytes <= this.totalBytes;
  }

  #held({ pid }: Member): number {
    return pid === undefined ? 0 : this.#bytesOf(pid);
  }

  /** One that has only begun will hold more soon. */
  #promisedBytes(): number {
    const ofMembers = [...this.#members].map((member) => Math.max(member.expectedBytes, this.#held(member)));
    return [...ofMembers, ...this.#promised.values()].reduce((sum, bytes) => sum + bytes, 0);
  }
}

/** A container's own limit where there is one, in bytes. */
export function availableMemory(): number {
  const constrained = constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** The other half is for the bot, its store and the system. */
function halfOfMemory(): number {
  return availableMemory() / 2;
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Lock, Locks } from '../../locks.ts';
import type { Presence } from './presence.ts';
import type { Session } from './session.ts';

/** Any number that all copies of Bobbin share, so that their locks are nobody else's. */
const SEED = 7_266_225;

/** What runs write waits so many ms for the database to come back: as long as any other query. */
const OUTAGE_PATIENCE_MS = 30_000;

/** Between two attempts to be sure of a lock, or to take it again, in ms. */
const PAUSE_MS = 200;

/** The database ends a lost session within so many ms; who has the lock after that is another process. */
const PATIENCE_MS = 2_000;

const TAKE = `SELECT name FROM unnest($1::text[]) AS name WHERE pg_try_advisory_lock(hashtextextended(name, ${SEED}))`;
const RELEASE = `SELECT pg_advisory_unlock(hashtextextended($1, ${SEED}))`;

/** A lock that this process has. */
interface Held {
  /** In which the database has it: an earlier one until it is taken again. */
  session: Session;
  readonly loss: AbortController;
  /** Undefined when nobody waits to be sure of it. */
  assuring?: Promise<void> | undefined;
}

/**
 * Advisory locks of the process's session: with it they are free. The next session takes them again before anybody else
 * does, as a rule. https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
 */
export class PostgresLocks implements Locks {
  readonly #presence: Presence;
  /** By name. */
  readonly #held = new Map<string, Held>();
  readonly #taking = new Set<string>();
  /** Until the session that stands has what the ones before it had. */
  #takenAgain: Promise<void> = Promise.resolve();

  constructor(presence: Presence) {
    this.#presence = presence;
    presence.events.on('begun', (session) => {
      this.#takenAgain = this.#takeAgain(session);
      // Whoever waits is told.
      this.#takenAgain.catch(() => {});
    });
  }

  async take(name: string): Promise<Lock | undefined> {
    if (this.#held.has(name) || this.#taking.has(name)) return undefined;
    this.#taking.add(name);
    try {
      const session = await this.#presence.reach();
      const isTaken = (await takeAll(session, [name])).length > 0;
      session.lost.throwIfAborted();
      return isTaken ? this.#hold(name, session) : undefined;
    } finally {
      this.#taking.delete(name);
    }
  }

  #hold(name: string, session: Session): Lock {
    const held: Held = { session, loss: new AbortController() };
    this.#held.set(name, held);
    return {
      lost: held.loss.signal,
      unsure: () => (this.#isSure(name, held) ? undefined : this.#assured(name, held)),
      release: () => this.#release(name, held),
    };
  }

  async #release(name: string, held: Held): Promise<void> {
    if (this.#held.get(name) !== held) return;
    this.#held.delete(name);
    // Where that fails, the session is lost, and with it the lock.
    await held.session.query(RELEASE, [name]).catch(() => {});
  }

  /** What earlier sessions had; what somebody else has by now is lost. */
  async #takeAgain(session: Session): Promise<void> {
    const patience = performance.now() + PATIENCE_MS;
    const missing = () => [...this.#held].filter(([, held]) => held.session !== session);
    while (missing().length > 0) {
      const names = missing().map(([name]) => name);
      for (const name of await takeAll(session, names)) await this.#keep(name, session);
      if (performance.now() > patience) for (const [name, held] of missing()) this.#lose(name, held);
      else if (missing().length > 0) await sleep(PAUSE_MS, undefined, { ref: false });
    }
  }

  /** A later session has taken it again. */
  async #keep(name: string, session: Session): Promise<void> {
    const held = this.#held.get(name);
    if (held && held.session !== session) held.session = session;
    // It was released meanwhile, and perhaps taken anew: the database counts.
    else await session.query(RELEASE, [name]);
  }

  #lose(name: string, { loss }: Held): void {
    this.#held.delete(name);
    loss.abort();
  }

  /** Whether nobody else can have it, or nobody here minds any more. */
  #isSure(name: string, held: Held): boolean {
    if (this.#held.get(name) !== held) return true;
    return held.session === this.#presence.session && held.session.isSafe;
  }

  #assured(name: string, held: Held): Promise<void> {
    if (!held.assuring) {
      held.assuring = this.#assure(name, held);
      const end = () => {
        held.assuring = undefined;
      };
      // Whoever waits is told.
      held.assuring.then(end, end);
    }
    return held.assuring;
  }

  /** The lock is this process's again, or told to be lost. */
  async #assure(name: string, held: Held): Promise<void> {
    const patience = performance.now() + OUTAGE_PATIENCE_MS;
    while (!this.#isSure(name, held)) {
      try {
        const session = await this.#presence.reach();
        await session.query('SELECT 1');
        await this.#takenAgain;
      } catch (error) {
        if (this.#presence.isClosed || performance.now() > patience) throw error;
        await sleep(PAUSE_MS);
      }
    }
  }
}

/** Those of the names that nobody else has. */
async function takeAll(session: Session, names: string[]): Promise<string[]> {
  return (await session.query(TAKE, [names])).map(({ name }) => String(name));
}

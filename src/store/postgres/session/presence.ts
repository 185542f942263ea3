import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Replicas } from '../../signals.ts';
import { StoreProblem } from '../../store-problem.ts';
import { CROWDED_PATIENCE_MS, CROWDED_PAUSE_MS } from '../connections/connections.ts';
import { addressOf, isCrowded } from '../connections/errors.ts';
import { FROM_ALIVE, Session } from './session.ts';

/**
 * How often is looked who is alive, in ms: what a dead process had is taken over in well under a second. It takes the
 * database a tenth of a millisecond.
 */
const LOOK_MS = 250;

/** Between two attempts to come back to a database that was lost, in ms. */
const RETURN_MS = 200;

/** The channel on which is told that claims were given back. */
export const GIVEN_BACK = 'bobbin_given_back';

/**
 * Who is alive, and who owns claims. The owners are of the snapshot that was taken when the statement began, the locks are
 * looked at after that: an owner without a lock is dead, since each takes its lock before its first claim.
 */
const LOOK = `SELECT
  ARRAY(SELECT objid::bigint::int ${FROM_ALIVE}) AS alive,
  ARRAY(SELECT DISTINCT process FROM bobbin_claims) AS owners`;

/** A process whose claims are free; null for claims that were given back. */
export type Owner = number | null;

interface Events {
  /** A new session stands, and what was notified meanwhile was not heard. */
  begun: [Session];
  /** The session has ended, and with it all claims that were made in it. */
  lost: [Session];
  /** Regularly: whose claims are free. */
  looked: [Session, Owner[]];
  notified: [channel: string, payload: string];
  changed: [count: number];
}

/** This process among those that share the database: keeps a session, and begins a new one when it is lost. */
export class Presence implements Replicas {
  readonly events = new EventEmitter<Events>();
  readonly #databaseUrl: string;
  readonly #channels = new Set<string>([GIVEN_BACK]);
  readonly #closed = new AbortController();
  /** The last one that stood. */
  #session: Session | undefined;
  #reached: Promise<Session> | undefined;
  #problem: unknown;
  #count = 1;
  /** Ends the pause between two looks. */
  #nudge = new AbortController();

  constructor(databaseUrl: string) {
    this.#databaseUrl = databaseUrl;
    this.events.setMaxListeners(0);
    this.events.on('notified', (channel) => {
      if (channel === GIVEN_BACK) this.look();
    });
  }

  get count(): number {
    return this.#count;
  }

  onChange(listener: (count: number) => void): () => void {
    this.events.on('changed', listener);
    return () => this.events.off('changed', listener);
  }

  /** Undefined while the database is lost. */
  get session(): Session | undefined {
    return this.#session?.lost.aborted ? undefined : this.#session;
  }

  /** Why there is no session. */
  get problem(): unknown {
    return this.session ? undefined : this.#problem;
  }

  get isClosed(): boolean {
    return this.#closed.signal.aborted;
  }

  /**
   * The session that stands, or the one that is being begun, by this call if need be. Rejects with a `Problem` when the
   * database cannot be used.
   */
  reach(): Promise<Session> {
    return this.#reached ?? this.#begin();
  }

  /** Looks who is alive from here on, and comes back when the session is lost. */
  watch(): void {
    void this.#keep();
  }

  /** Looks at once, not only at the next time. */
  look(): void {
    this.#nudge.abort();
  }

  /** Hears a channel, in the sessions to come, too. */
  async listen(channel: string): Promise<void> {
    this.#channels.add(channel);
    await this.session?.query(`LISTEN "${channel}"`);
  }

  close(): void {
    this.#closed.abort(new StoreProblem('The store is closed.'));
    this.#session?.close();
  }

  #begin(): Promise<Session> {
    const session = this.#connectPatiently();
    this.#reached = session;
    session.catch(() => {
      this.#reached = undefined;
    });
    return session;
  }

  /** Waits where the database has no connection left. */
  async #connectPatiently(): Promise<Session> {
    const patience = performance.now() + CROWDED_PATIENCE_MS;
    for (;;) {
      try {
        return await this.#connect();
      } catch (error) {
        this.#problem = error;
        const isOver = this.isClosed || performance.now() > patience;
        if (isOver || !isCrowded(error instanceof Error ? error.cause : undefined)) throw error;
        await sleep(CROWDED_PAUSE_MS);
      }
    }
  }

  async #connect(): Promise<Session> {
    this.#closed.signal.throwIfAborted();
    const hear = (channel: string, payload: string) => this.events.emit('notified', channel, payload);
    const session = await Session.open(this.#databaseUrl, addressOf(this.#databaseUrl), hear);
    try {
      if (this.#session) await session.endFormer(this.#session);
      for (const channel of this.#channels) await session.query(`LISTEN "${channel}"`);
      this.#closed.signal.throwIfAborted();
    } catch (error) {
      session.close();
      throw error;
    }
    this.#session = session;
    session.lost.addEventListener('abort', () => this.#lose(session));
    this.events.emit('begun', session);
    return session;
  }

  #lose(session: Session): void {
    this.#problem = session.lost.reason;
    // At once: what was locked is taken again before anybody else takes it.
    if (!this.isClosed) this.#begin();
    this.events.emit('lost', session);
    this.look();
  }

  async #keep(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      const session = await this.reach().catch(() => undefined);
      if (session) while (!session.lost.aborted) await this.#look(session);
      else await sleep(RETURN_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  async #look(session: Session): Promise<void> {
    this.#nudge = new AbortController();
    try {
      const [row] = (await session.query(LOOK)) as [{ alive: number[]; owners: Owner[] }];
      const alive = new Set<Owner>(row.alive);
      this.#noteCount(Math.max(1, alive.size));
      const free = row.owners.filter((owner) => !alive.has(owner));
      this.events.emit('looked', session, free);
    } catch {
      // The next look may go well, in this session or another.
    }
    const { signal } = this.#nudge;
    if (!session.lost.aborted) await sleep(LOOK_MS, undefined, { signal, ref: false }).catch(() => {});
  }

  #noteCount(count: number): void {
    if (count === this.#count) return;
    this.#count = count;
    this.events.emit('changed', count);
  }
}

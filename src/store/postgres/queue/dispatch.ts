import { setTimeout as sleep } from 'node:timers/promises';
import { type Claim, RETRY_PAUSE_MS } from '../../queue.ts';
import type { Connections } from '../connections/connections.ts';
import type { Owner, Presence } from '../session/presence.ts';
import type { Session } from '../session/session.ts';
import type { Boss } from './boss.ts';
import { PostgresClaim } from './claim.ts';
import { type Owned, PostgresClaims } from './claims.ts';

/** As many keys one process works on at once: hundreds of replies may be open, and most of their time is waiting. */
const MOST_CLAIMS = 500;

/** So many keys are fetched at once, so that a rush is spread over all processes. */
const BATCH = 10;

/**
 * How often is looked for entries that nobody told of, in ms: when the process dies that is just fetching them, they are
 * free again without a word.
 */
const POLL_MS = 2_000;

export type Work<T> = (claim: Claim<T>) => Promise<void>;

/** What a queue stands on. */
export interface Ground {
  connections: Connections;
  presence: Presence;
  boss: Boss;
}

/** Gives the keys of a queue to this process's worker: those that nobody has, and those of the dead. */
export class PostgresDispatch<T> {
  readonly #ground: Ground;
  readonly #owners: PostgresClaims;
  readonly #access: (key: string) => Pick<Claim<T>, 'entries' | 'done'>;
  /** Undefined when nothing is given out. */
  #work: Work<T> | undefined;
  #stopped = new AbortController();
  readonly #claims = new Set<PostgresClaim<T>>();
  /** What runs of each key, also what has lost its claim and has not ended yet. */
  readonly #running = new Map<string, Promise<void>>();
  #fetching: Promise<void> | undefined;
  #isFetchedAgain = false;
  #fetchedAt = Number.NEGATIVE_INFINITY;

  /** @param access How the claims of a key reach its entries. */
  constructor(queue: string, ground: Ground, access: (key: string) => Pick<Claim<T>, 'entries' | 'done'>) {
    this.#ground = ground;
    this.#access = access;
    this.#owners = new PostgresClaims(queue, ground.boss.boss, ground.connections.query);
    const { events } = ground.presence;
    events.on('begun', () => this.#wake());
    events.on('lost', ({ process, lost }) => {
      for (const claim of this.#claims) if (claim.process === process) claim.lose(lost.reason);
    });
    events.on('looked', (session, owners) => void this.#takeOver(session, owners));
    events.on('notified', (channel, name) => {
      if (channel === ground.boss.channel && name === queue) this.#wake();
    });
  }

  start(work: Work<T>): void {
    this.#work = work;
    this.#stopped = new AbortController();
    // What others have left comes first: the next look finds it, and then the rest is fetched.
    this.#fetchedAt = Number.NEGATIVE_INFINITY;
    this.#ground.presence.look();
  }

  async stop(): Promise<void> {
    this.#work = undefined;
    this.#stopped.abort();
    await this.#fetching;
  }

  /** Gives back what is still worked on, for other processes to go on with at once. */
  async handOver(reason: unknown): Promise<void> {
    await this.stop();
    const claims = [...this.#claims].filter(({ lost }) => !lost.aborted);
    for (const claim of claims) claim.lose(reason);
    for (const [process, of] of Map.groupBy(claims, (claim) => claim.process)) {
      const begun = of.filter(({ isBegun }) => isBegun).map(({ key }) => key);
      await this.#owners.giveBack(
        process,
        of.map(({ key }) => key),
        begun,
      );
    }
  }

  /** Leaves no trace of a key whose entries are forgotten; who works on it does that at the end. */
  async forget(key: string): Promise<void> {
    await this.#owners.forget(await this.#ground.presence.reach(), key);
  }

  async #takeOver(session: Session, owners: Owner[]): Promise<void> {
    if (!this.#work) return;
    const room = this.#room;
    if (owners.length > 0 && room > 0) {
      const owned = await this.#owners.takeOver(session, owners, Math.min(room, BATCH)).catch(() => []);
      for (const one of owned) await this.#giveUnlessOver(one, session);
      if (owned.length === BATCH) this.#ground.presence.look();
    }
    if (performance.now() - this.#fetchedAt > POLL_MS) this.#wake();
  }

  /** For so many more keys; one that only waits takes none. */
  get #room(): number {
    let room = MOST_CLAIMS;
    for (const { isIdle } of this.#claims) if (!isIdle) room--;
    return room;
  }

  /** Fetches what is there, unless that is done already; then once more, since more may have come. */
  #wake(): void {
    if (!this.#work) return;
    this.#isFetchedAgain = true;
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined;
    });
  }

  async #fetch(): Promise<void> {
    while (this.#isFetchedAgain && this.#work) {
      this.#isFetchedAgain = false;
      this.#fetchedAt = performance.now();
      const { session } = this.#ground.presence;
      const limit = Math.min(BATCH, this.#room);
      if (!session || limit <= 0) return;
      try {
        const { owned, full } = await this.#owners.fetch(session, limit);
        this.#isFetchedAgain ||= full;
        for (const one of owned) this.#give(one, session);
      } catch {
        // The next poll tries again.
        this.#ground.connections.hasFailed = true;
      }
    }
  }

  /** Who owned it before may have died between the end of the work and that of the claim. */
  async #giveUnlessOver(owned: Owned, session: Session): Promise<void> {
    const isOver = await this.#owners.release(session.process, owned.key).catch(() => false);
    if (!isOver) this.#give(owned, session);
  }

  #give(owned: Owned, session: Session): void {
    const { key } = owned;
    const claim = new PostgresClaim<T>(owned, session, this.#access(key));
    this.#claims.add(claim);
    const running = (this.#running.get(key) ?? Promise.resolve()).then(() => this.#run(claim, session));
    this.#running.set(key, running);
    void running.finally(() => {
      if (this.#running.get(key) === running) this.#running.delete(key);
    });
  }

  async #run(claim: PostgresClaim<T>, session: Session): Promise<void> {
    if (!claim.lost.aborted) await this.#work?.(claim).catch(() => {});
    const next = await this.#end(claim).catch(() => undefined);
    const hadNoRoom = this.#room <= 0;
    this.#claims.delete(claim);
    if (next) this.#give(next, session);
    else if (hadNoRoom) this.#wake();
  }

  /** Ends a claim; what is left of its key is given out again, or back. */
  async #end(claim: PostgresClaim<T>): Promise<Owned | undefined> {
    const { key, process, lost } = claim;
    while (!lost.aborted) {
      try {
        if (await this.#isOver(process, key)) return undefined;
        if (this.#work && !claim.hasDone) await this.#pause(lost);
        const { isBegun } = claim;
        if (this.#work) return { key, isTakenOver: isBegun };
        await this.#owners.giveBack(process, [key], isBegun ? [key] : []);
        return undefined;
      } catch {
        await this.#pause(lost);
      }
    }
    return undefined;
  }

  /** Whether nothing is left to do for this process. What others met is looked for once more: it may be done already. */
  async #isOver(process: number, key: string): Promise<boolean> {
    if (await this.#owners.release(process, key)) return true;
    if (!(await this.#owners.keep(process, key))) return true;
    return this.#owners.release(process, key);
  }

  async #pause(lost: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([lost, this.#stopped.signal]);
    await sleep(RETRY_PAUSE_MS, undefined, { signal }).catch(() => {});
  }
}

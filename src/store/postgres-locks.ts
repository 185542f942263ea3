import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Lock, Locks } from './locks.ts';
import { CROWDED_PATIENCE_MS } from './postgres-connections.ts';
import { addressOf, explain, isCrowded } from './postgres-errors.ts';

/** The database gives nobody a lock whose process it heard from within so many ms: it looks for 15 seconds. */
const SAFE_MS = 10_000;

/** Any number that all copies of Bobbin share, so that their locks are nobody else's. */
const SEED = 7_266_225;

/** For a connection or an answer, in ms: less than it takes the database to give a silent process's locks away. */
const TIMEOUT_MS = 5_000;

/** Between two looks whether the connection still stands, in ms. */
const BEAT_MS = 5_000;

/** What runs write waits so many ms for the database to come back: as long as any other query. */
const OUTAGE_PATIENCE_MS = 30_000;

/** Between two attempts to connect again, or to take again what an old connection may hold still, in ms. */
const PAUSE_MS = 200;

/** The database ends the old connection within so many ms; who has the lock after that is another process. */
const PATIENCE_MS = 2_000;

/**
 * The database looks after five silent seconds, and twice more, whether the process is still there: the locks of a machine
 * that died are free after 15. https://www.postgresql.org/docs/current/runtime-config-connection.html
 */
const OPENING = `
  SELECT pg_backend_pid() AS pid,
    (SELECT backend_start::text FROM pg_stat_activity WHERE pid = pg_backend_pid()) AS since,
    set_config('tcp_keepalives_idle', '5', false),
    set_config('tcp_keepalives_interval', '5', false),
    set_config('tcp_keepalives_count', '2', false)`;

const TAKE = `SELECT name FROM unnest($1::text[]) AS name WHERE pg_try_advisory_lock(hashtextextended(name, ${SEED}))`;
const RELEASE = `SELECT pg_advisory_unlock(hashtextextended($1, ${SEED}))`;
const END =
  'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND backend_start::text = $2';

/** What a connection is called in the database; numbers alone are used again. */
interface Backend {
  pid: number;
  since: string;
}

/**
 * Advisory locks, which belong to one connection: with the process it ends, and with it they are free. Where it breaks,
 * another one takes them again before anybody else does, as a rule.
 * https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
 */
export class PostgresLocks implements Locks {
  readonly #databaseUrl: string;
  /** By name. */
  readonly #held = new Map<string, AbortController>();
  readonly #taking = new Set<string>();
  /** Connections that are gone. */
  readonly #gone = new WeakSet<Client>();
  #client: Promise<Client> | undefined;
  #backend: Backend | undefined;
  /** When the database last answered on the connection: Unix time in ms, which goes on while a machine sleeps. */
  #heard = 0;
  #beat: NodeJS.Timeout | undefined;
  #assuring: Promise<void> | undefined;
  #isClosed = false;

  /** Connects when the first lock is taken. */
  constructor(databaseUrl: string) {
    this.#databaseUrl = databaseUrl;
  }

  async take(name: string): Promise<Lock | undefined> {
    if (this.#held.has(name) || this.#taking.has(name)) return undefined;
    this.#taking.add(name);
    try {
      return (await this.#tryOne(name)) ? this.#lock(name) : undefined;
    } catch (error) {
      throw explain(error, addressOf(this.#databaseUrl));
    } finally {
      this.#taking.delete(name);
    }
  }

  #lock(name: string): Lock {
    const lost = new AbortController();
    this.#held.set(name, lost);
    return { lost: lost.signal, unsure: () => this.#unsure(), release: () => this.#release(name) };
  }

  async #tryOne(name: string): Promise<boolean> {
    const client = await this.#connected();
    try {
      const taken = await takeAll(client, [name]);
      if (!this.#gone.has(client)) return taken.has(name);
    } catch (error) {
      // It may have been taken all the same: with the connection it is free again.
      this.#cut(client);
      throw error;
    }
    throw new Error('Connection terminated unexpectedly');
  }

  /** All locks are free again. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#beat);
    const client = await this.#client?.catch(() => undefined);
    await client?.end().catch(() => {});
  }

  async #release(name: string): Promise<void> {
    if (!this.#held.delete(name)) return;
    const client = await this.#client?.catch(() => undefined);
    // Where that fails, the connection is gone, and with it the lock.
    await client?.query(RELEASE, [name]).catch(() => this.#cut(client));
  }

  #connected(): Promise<Client> {
    if (this.#client) return this.#client;
    const client = this.#connectPatiently();
    this.#client = client;
    client.catch(() => {
      if (this.#client === client) this.#client = undefined;
    });
    return client;
  }

  /** Waits where the database has no connection left: others give theirs back, or end. */
  async #connectPatiently(): Promise<Client> {
    const patience = performance.now() + CROWDED_PATIENCE_MS;
    for (;;) {
      try {
        return await this.#connect();
      } catch (error) {
        if (this.#isClosed || !isCrowded(error) || performance.now() > patience) throw error;
        await sleep(PAUSE_MS);
      }
    }
  }

  async #connect(): Promise<Client> {
    const client = new Client({
      connectionString: this.#databaseUrl,
      application_name: 'bobbin locks',
      connectionTimeoutMillis: TIMEOUT_MS,
      query_timeout: TIMEOUT_MS,
      keepAlive: true,
    });
    client.on('error', () => {});
    await client.connect();
    const before = this.#backend;
    const [backend] = (await client.query<Backend>(OPENING)).rows;
    this.#backend = backend;
    if (before) await client.query(END, [before.pid, before.since]);
    await this.#takeAgain(client);
    this.#heard = Date.now();
    client.on('end', () => this.#cut(client));
    this.#beat ??= setInterval(() => void this.#look(), BEAT_MS).unref();
    return client;
  }

  /** What an earlier connection held; what somebody else has by now is lost. */
  async #takeAgain(client: Client): Promise<void> {
    const missing = new Map(this.#held);
    const patience = performance.now() + PATIENCE_MS;
    for (;;) {
      for (const name of await takeAll(client, [...missing.keys()])) missing.delete(name);
      if (missing.size === 0 || performance.now() > patience) break;
      await sleep(PAUSE_MS);
    }
    for (const [name, lost] of missing) {
      this.#held.delete(name);
      lost.abort();
    }
  }

  async #look(): Promise<void> {
    const client = await this.#client?.catch(() => undefined);
    if (client) await this.#hear(client).catch(() => this.#cut(client));
  }

  async #hear(client: Client): Promise<void> {
    await client.query('SELECT 1');
    this.#heard = Date.now();
  }

  #unsure(): Promise<void> | undefined {
    const isSafe = this.#client !== undefined && Math.abs(Date.now() - this.#heard) < SAFE_MS;
    if (isSafe) return undefined;
    if (this.#assuring) return this.#assuring;
    const assuring = this.#assure().finally(() => {
      this.#assuring = undefined;
    });
    // Whoever waits is told.
    assuring.catch(() => {});
    this.#assuring = assuring;
    return assuring;
  }

  /** The locks are this process's again, or told to be lost. */
  async #assure(): Promise<void> {
    const patience = performance.now() + OUTAGE_PATIENCE_MS;
    for (;;) {
      try {
        const client = await this.#connected();
        return await this.#hear(client).catch((error: unknown) => {
          this.#cut(client);
          throw error;
        });
      } catch (error) {
        if (this.#isClosed || performance.now() > patience)
          throw explain(error, addressOf(this.#databaseUrl));
        await sleep(PAUSE_MS);
      }
    }
  }

  /** The connection is gone: another one is opened, as long as there are locks to be taken again. */
  #cut(client: Client): void {
    if (this.#isClosed || this.#gone.has(client)) return;
    this.#gone.add(client);
    this.#heard = 0;
    client.end().catch(() => {});
    this.#client = undefined;
    void this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    while (this.#held.size > 0 && !this.#isClosed) {
      const client = await this.#connected().catch(() => undefined);
      if (client) return;
      await sleep(PAUSE_MS, undefined, { ref: false });
    }
  }
}

async function takeAll(client: Client, names: string[]): Promise<Set<string>> {
  if (names.length === 0) return new Set();
  const { rows } = await client.query<{ name: string }>(TAKE, [names]);
  return new Set(rows.map(({ name }) => name));
}

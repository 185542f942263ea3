import { setTimeout as sleep } from 'node:timers/promises';
import { Pool, type QueryResult } from 'pg';
import { addressOf, explain, isCrowded } from './errors.ts';
import { Gate } from './gate.ts';
import { prepared } from './statements.ts';

/** How long to wait for a connection, in ms: longer than a fail-over of the database, shorter than anyone's patience. */
export const CONNECTION_TIMEOUT_MS = 10_000;

/** For an answer, in ms: longer than the largest file takes over a slow line, shorter than what people take for silence. */
const QUERY_TIMEOUT_MS = 30_000;

/** As many as `pg` itself opens, of the 100 that a PostgreSQL has by default. */
export const POOL_SIZE = 10;

/** For the database to have a connection left, in ms: others that hold them give them back, or end. */
export const CROWDED_PATIENCE_MS = 60_000;

/** Between two attempts to get a connection that the database has not left, in ms; each costs it a process. */
export const CROWDED_PAUSE_MS = 100;

/** After a time without refusals, in ms, one connection more is tried. */
const GROWTH_MS = 10_000;

/** Runs SQL on one of the connections. Rejects with a `Problem` where a person can put it right. */
export type Query = (sql: string, values?: unknown[]) => Promise<Record<string, unknown>[]>;

export interface ConnectionOptions {
  /** The most connections; 10 when left out. */
  poolSize?: number;
  queryTimeoutMs?: number;
}

/** Connections to a PostgreSQL database. Queries wait for one of them, however many there are. */
export class Connections {
  /** Where the database is, without the password. */
  readonly address: string;
  readonly #pool: Pool;
  readonly #gate: Gate;
  readonly #poolSize: number;
  /** Whether a query has failed; who finds the database well again takes that back. */
  hasFailed = false;
  #growth: NodeJS.Timeout | undefined;
  #ended: Promise<void> | undefined;

  /** Connects at the first query. Throws a `Problem` for what is no address. */
  constructor(databaseUrl: string, options: ConnectionOptions = {}) {
    const { poolSize = POOL_SIZE, queryTimeoutMs = QUERY_TIMEOUT_MS } = options;
    this.address = addressOf(databaseUrl);
    this.#poolSize = poolSize;
    this.#gate = new Gate(poolSize);
    this.#pool = new Pool({
      connectionString: databaseUrl,
      application_name: 'bobbin',
      max: poolSize,
      connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
      query_timeout: queryTimeoutMs,
      keepAlive: true,
    });
    // A connection that breaks while nobody uses it has already left the pool; without a listener it ends the process.
    this.#pool.on('error', () => {});
    // The pool leaves a connection that is ending to itself, and the server may still cut that one.
    this.#pool.on('connect', (client) => client.on('error', () => {}));
  }

  readonly query: Query = async (sql, values) => (await this.run(sql, values)).rows;

  /** Like `query`, with all that `pg` tells; of several statements in one text, an array of that. */
  run(sql: string, values?: unknown[]): Promise<QueryResult> {
    // With an empty list pg-boss asks for several statements in one text, too, which can't be prepared.
    const statement = values?.length ? prepared(sql, values) : sql;
    return this.#patiently(() => this.#pool.query(statement));
  }

  /** All that the work asks for, one after the other on one connection, or nothing of it. */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return this.#patiently(async () => {
      const client = await this.#pool.connect();
      let failure: Error | undefined;
      try {
        await client.query('BEGIN');
        const result = await work(async (sql, values) => {
          const { rows } = await client.query(values?.length ? prepared(sql, values) : sql);
          return rows;
        });
        await client.query('COMMIT');
        return result;
      } catch (error) {
        failure = await client.query('ROLLBACK').then(
          () => undefined,
          (reason: Error) => reason,
        );
        throw error;
      } finally {
        // One that could not go back is not used again.
        client.release(failure);
      }
    });
  }

  /** Waits for its turn, and where the database has no connection left: nothing was done then. */
  async #patiently<T>(task: () => Promise<T>): Promise<T> {
    const patience = performance.now() + CROWDED_PATIENCE_MS;
    for (;;) {
      try {
        return await this.#gate.run(task);
      } catch (error) {
        if (!isCrowded(error) || performance.now() > patience) {
          this.hasFailed = true;
          throw explain(error, this.address);
        }
        this.#shrink();
        await sleep(CROWDED_PAUSE_MS);
      }
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#growth);
    this.#ended ??= this.#pool.end();
    await this.#ended;
  }

  /** The database has not so many connections for us: those that stand are shared. */
  #shrink(): void {
    this.#gate.limit = Math.max(1, Math.min(this.#gate.limit, this.#pool.totalCount));
    clearTimeout(this.#growth);
    this.#growth = setTimeout(() => this.#grow(), GROWTH_MS).unref();
  }

  #grow(): void {
    this.#gate.limit++;
    if (this.#gate.limit < this.#poolSize) this.#growth = setTimeout(() => this.#grow(), GROWTH_MS).unref();
  }
}

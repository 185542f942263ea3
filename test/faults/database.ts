import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { type PostgresServer, startPostgres } from '../sim/postgres.ts';

/** Three replicas have ten connections each for their data, and some for their queue. */
const CONNECTIONS = 60;
/** How many others come when the database is said to be full, in ms between two. */
const CROWD_EVERY_MS = 2;

/** The runs in a store that are not over, by their ids: it reads what Bobbin's own code wrote, not through it. */
export function activeRuns(documents: readonly string[]): string[] {
  return documents
    .map((text) => JSON.parse(text).value)
    .filter(({ object, status }) => object === 'thread.run' && ACTIVE.includes(status))
    .map(({ id, status }) => `${id} is ${status}`);
}

const ACTIVE = ['queued', 'in_progress', 'requires_action', 'cancelling'];
const RUNS = `value LIKE '%"object":"thread.run"%'`;

/** Of a SQLite file that no process uses any more. */
export function runsInFile(path: string): string[] {
  using database = new DatabaseSync(path);
  return database
    .prepare(`SELECT value FROM entries WHERE ${RUNS}`)
    .all()
    .map(({ value }) => String(value));
}

/** A real PostgreSQL, and what goes wrong with it. */
export class Database {
  readonly #server: PostgresServer;
  #work: Promise<unknown> = Promise.resolve();

  private constructor(server: PostgresServer) {
    this.#server = server;
  }

  static async start(): Promise<Database> {
    return new Database(await startPostgres(CONNECTIONS));
  }

  get url(): string {
    return this.#server.url();
  }

  /** Ends it, and starts it again after a pause. */
  restart(downMs: number): Promise<void> {
    return this.#inTurn(async () => {
      await this.#server.goDown();
      await sleep(downMs);
      await this.#server.comeBack();
    });
  }

  /** Others take all connections that are free, for so many milliseconds. */
  crowd(ms: number): Promise<void> {
    return this.#inTurn(async () => {
      const others: Client[] = [];
      const until = Date.now() + ms;
      while (Date.now() < until) {
        const other = new Client(this.url);
        other.on('error', () => {});
        const isIn = await other.connect().then(
          () => true,
          () => false,
        );
        if (isIn) others.push(other);
        await sleep(isIn ? 0 : CROWD_EVERY_MS);
      }
      await Promise.all(others.map((other) => other.end().catch(() => {})));
    });
  }

  async runs(): Promise<string[]> {
    const client = new Client(this.url);
    await client.connect();
    try {
      const { rows } = await client.query<{ value: string }>(`SELECT value FROM bobbin WHERE ${RUNS}`);
      return rows.map(({ value }) => value);
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    await this.#work;
    await this.#server.stop();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#work.then(work);
    this.#work = result.catch(() => {});
    return result;
  }
}

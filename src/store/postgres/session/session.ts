import { randomInt } from 'node:crypto';
import { Client, DatabaseError } from 'pg';
import { StoreProblem } from '../../store-problem.ts';
import { CONNECTION_TIMEOUT_MS, type Query } from '../connections/connections.ts';
import { explain } from '../connections/errors.ts';
import { Gate } from '../connections/gate.ts';
import { prepared } from '../connections/statements.ts';

/** The class of the advisory locks by which processes are known to be alive; any number that nobody else takes. */
const ALIVE_LOCKS = 7_266_225;

/** The locks that sessions hold, each with its process's number as `objid`. */
export const FROM_ALIVE = `FROM pg_locks WHERE locktype = 'advisory' AND classid = ${ALIVE_LOCKS} AND objsubid = 2
  AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/** A session that does not answer for so long, in ms, is given up: well before the server gives up the session. */
const ANSWER_TIMEOUT_MS = 5_000;

/**
 * How the server finds out that nobody is at the other end any more, though no connection was closed: a dead host, or a
 * process that stands still. A living session asks something several times a second. PostgreSQL 12 and 13 do not have
 * `idle_session_timeout`, so TCP has to notice: 3 s and nine probes, one a second.
 */
const SERVER_PATIENCE = [
  ['idle_session_timeout', '10s'],
  ['tcp_keepalives_idle', '3'],
  ['tcp_keepalives_interval', '1'],
];

/** Only those that this server knows. */
const BE_IMPATIENT = `SELECT set_config(name, wish.value, false)
  FROM unnest($1::text[], $2::text[]) AS wish (name, value) JOIN pg_settings USING (name)`;

/** The server gives up no session that it heard from within so many ms, and what is sent then still arrives. */
const SAFE_MS = 8_000;

const END = `SELECT pg_terminate_backend(pid) ${FROM_ALIVE} AND objid = $1`;

/** Process numbers are 31 bits, so that an advisory lock takes them. */
const MOST_PROCESSES = 2 ** 31 - 1;

/** What a session hears. */
export type Hear = (channel: string, payload: string) => void;

/**
 * One connection that stands for this process: as long as it lives it holds an advisory lock of the process's number and
 * all others of the process, and it hears notifications. Its queries run one after the other, each of them a transaction.
 */
export class Session {
  /** Another number in every session, so that what a lost one had is never taken for this one's. */
  readonly process: number;
  /** Aborted when the session has ended, or may have. */
  readonly lost: AbortSignal;
  readonly #client: Client;
  readonly #address: string;
  readonly #loss: AbortController;
  /** When the server has surely heard from this process: Unix time in ms, which goes on while a machine sleeps. */
  #heard = 0;
  /** A client of `pg` takes one query at a time. */
  readonly #gate = new Gate(1);

  /** Connects, and takes the lock. Rejects with a `Problem` where a person can put it right. */
  static async open(databaseUrl: string, address: string, hear: Hear): Promise<Session> {
    const client = new Client({
      connectionString: databaseUrl,
      application_name: 'bobbin session',
      connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
      keepAlive: true,
    });
    const loss = new AbortController();
    const lose = () => loss.abort(new StoreProblem(`The connection to PostgreSQL at ${address} was cut.`));
    client.on('error', lose);
    client.on('end', lose);
    client.on('notification', ({ channel, payload = '' }) => hear(channel, payload));
    try {
      await client.connect();
      await client.query(BE_IMPATIENT, [
        SERVER_PATIENCE.map(([name]) => name),
        SERVER_PATIENCE.map(([, value]) => value),
      ]);
      return new Session(client, await lockNumber(client), address, loss);
    } catch (error) {
      hangUp(client);
      throw explain(error, address);
    }
  }

  private constructor(client: Client, process: number, address: string, loss: AbortController) {
    this.#client = client;
    this.process = process;
    this.#address = address;
    this.#loss = loss;
    this.lost = loss.signal;
  }

  readonly query: Query = (sql, values) => this.#gate.run(() => this.#ask(sql, values));

  /** Whether the session stands for sure: nobody else has by now what was locked in it. */
  get isSafe(): boolean {
    return !this.lost.aborted && Math.abs(Date.now() - this.#heard) < SAFE_MS;
  }

  /** Ends an earlier session, should the server not know yet that it is lost. */
  async endFormer({ process }: Session): Promise<void> {
    await this.query(END, [process]);
  }

  /** Gives the lock back. */
  close(): void {
    this.#loss.abort(new StoreProblem('The store is closed.'));
    hangUp(this.#client);
  }

  async #ask(sql: string, values?: unknown[]): Promise<Record<string, unknown>[]> {
    this.lost.throwIfAborted();
    const asked = Date.now();
    try {
      const { rows } = await this.#client.query(values ? prepared(sql, values) : sql);
      this.#heard = asked;
      return rows;
    } catch (error) {
      // What the server has said itself it has said over a connection that stands.
      if (!(error instanceof DatabaseError)) this.#giveUp(error);
      throw explain(error, this.#address);
    }
  }

  #giveUp(error: unknown): void {
    this.#loss.abort(explain(error, this.#address));
    hangUp(this.#client);
  }
}

async function lockNumber(client: Client): Promise<number> {
  for (;;) {
    const process = randomInt(1, MOST_PROCESSES);
    const { rows } = await client.query('SELECT pg_try_advisory_lock($1, $2) AS got', [ALIVE_LOCKS, process]);
    if (rows[0]?.got === true) return process;
  }
}

/** Without waiting: who has hung may never say goodbye. */
function hangUp(client: Client): void {
  void client.end().catch(() => {});
}

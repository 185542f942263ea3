import { KeyvPostgres, type KeyvPostgresOptions } from '@keyv/postgres';
import { Pool } from 'pg';
import { namespaces } from './namespaces.ts';
import { addressOf, explain } from './postgres-errors.ts';
import { purgeRegularly } from './purge.ts';
import type { Store } from './store.ts';

const TABLE = 'bobbin';

/** How long to wait for a connection: longer than a fail-over of the database, shorter than anyone's patience. */
const CONNECTION_TIMEOUT_MS = 10_000;

/** Any number that all copies of Bobbin share: it lets one of them at a time set up the table. */
const SETUP_LOCK = 7_266_224;

/**
 * What can expire is found by how its text begins: `{"expires":` and thirteen digits, which sort as text as they
 * do as numbers until the year 2286. The index makes the purge cheap in a table of any size.
 */
const EXPIRING = `left(value, 11) = '{"expires":'`;
const EXPIRES = 'left(value, 24) COLLATE "C"';

const SETUP = `
  SELECT pg_advisory_xact_lock(${SETUP_LOCK});
  CREATE TABLE IF NOT EXISTS ${TABLE} (key TEXT PRIMARY KEY, value TEXT);
  CREATE INDEX IF NOT EXISTS ${TABLE}_expires ON ${TABLE} ((${EXPIRES})) WHERE ${EXPIRING}`;

const PURGE = `DELETE FROM ${TABLE} WHERE ${EXPIRING} AND ${EXPIRES} <= $1`;

/**
 * Opens the store in a PostgreSQL database, whose table is created when it is missing. Throws a `Problem`, without
 * the password, when the database cannot be used.
 */
export async function postgresStore(databaseUrl: string): Promise<Store> {
  const address = addressOf(databaseUrl);
  const pool = new Pool({
    connectionString: databaseUrl,
    application_name: 'bobbin',
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    keepAlive: true,
  });
  // A connection that breaks while nobody uses it has already left the pool; without a listener it ends the process.
  pool.on('error', () => {});
  // The pool leaves a connection that is ending to itself, and the server may still cut that one.
  pool.on('connect', (client) => client.on('error', () => {}));
  const query: Query = async (sql, values) => {
    try {
      return (await pool.query(sql, values)).rows;
    } catch (error) {
      throw explain(error, address);
    }
  };
  try {
    await query(SETUP);
  } catch (error) {
    await pool.end();
    throw error;
  }
  return storeOver(pool, query);
}

function storeOver(pool: Pool, query: Query): Store {
  const stopPurging = purgeRegularly(async () => void (await query(PURGE, [`{"expires":${Date.now()}`])));
  let ended: Promise<void> | undefined;
  return {
    keyv: namespaces(() => new PostgresAdapter(query)),
    shared: true,
    close() {
      stopPurging();
      ended ??= pool.end();
      return ended;
    },
  };
}

type Query = (sql: string, values?: unknown[]) => Promise<Record<string, unknown>[]>;

interface Options extends KeyvPostgresOptions {
  ourQuery: Query;
}

/** `@keyv/postgres` over a pool of ours: its own is one for the whole process and dies with a lost connection. */
class PostgresAdapter extends KeyvPostgres {
  constructor(query: Query) {
    const options: Options = { table: TABLE, iterationLimit: 100, ourQuery: query };
    super(options);
  }

  /** Called by the constructor of `KeyvPostgres`, before anything of this class is set up. */
  override async connect(): Promise<Query> {
    return (this.opts as Options).ourQuery;
  }

  /** Rejects when the database fails; `KeyvPostgres` would end the iteration as if nothing were left. */
  override async *iterator(namespace?: string): AsyncGenerator<string[], void> {
    let failure: unknown;
    const note = (error: unknown) => {
      failure = error;
    };
    this.on('error', note);
    try {
      yield* super.iterator(namespace);
    } finally {
      this.off('error', note);
    }
    if (failure !== undefined) throw failure;
  }
}

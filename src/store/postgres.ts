import { namespaces } from './namespaces.ts';
import { PostgresAdapter } from './postgres-adapter.ts';
import { Batches } from './postgres-batches.ts';
import { type ConnectionOptions, Connections } from './postgres-connections.ts';
import { purgeRegularly } from './purge.ts';
import type { Store } from './store.ts';

const TABLE = 'bobbin';

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
export async function postgresStore(databaseUrl: string, options?: ConnectionOptions): Promise<Store> {
  const connections = new Connections(databaseUrl, options);
  try {
    await connections.query(SETUP);
  } catch (error) {
    await connections.close();
    throw error;
  }
  return storeOver(connections);
}

function storeOver(connections: Connections): Store {
  const { query } = connections;
  const rows = new Batches(query, TABLE);
  const stopPurging = purgeRegularly(async () => void (await query(PURGE, [`{"expires":${Date.now()}`])));
  const keyv = namespaces(() => new PostgresAdapter(query, TABLE, rows));
  const probes = keyv<number>('probes');
  return {
    keyv,
    shared: true,
    async check() {
      await (connections.hasFailed ? probes.set('probe', Date.now()) : query('SELECT 1'));
      connections.hasFailed = false;
    },
    async close() {
      stopPurging();
      await connections.close();
    },
  };
}

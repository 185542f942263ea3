import { namespaces, queues } from '../namespaces.ts';
import { purgeRegularly } from '../purge.ts';
import type { Signals } from '../signals.ts';
import type { Store } from '../store.ts';
import { PostgresAdapter } from './adapter.ts';
import { backsUpItself } from './backup.ts';
import { Batches } from './batches.ts';
import { type ConnectionOptions, Connections, POOL_SIZE } from './connections/connections.ts';
import { setFirst } from './firsts.ts';
import { readPage } from './pages.ts';
import { type Boss, openBoss } from './queue/boss.ts';
import { PostgresQueue } from './queue/queue.ts';
import { EXPIRES, EXPIRING, setUpSchema, TABLE } from './schema.ts';
import { SEARCHED } from './search/schema.ts';
import { PostgresSearchIndex } from './search/search-index.ts';
import { PostgresLocks } from './session/locks.ts';
import { Presence } from './session/presence.ts';
import { postgresSignals } from './session/signals.ts';

const PURGE = `DELETE FROM ${TABLE} WHERE ${EXPIRING} AND ${EXPIRES} <= $1`;

/** What a store consists of. */
interface Parts {
  connections: Connections;
  presence: Presence;
  boss: Boss;
  signals: Signals;
  locks: PostgresLocks;
}

/**
 * Opens the store in a PostgreSQL database, whose tables are created or brought up to date when that is needed. Throws a
 * `Problem`, without the password, when the database cannot be used.
 */
export async function postgresStore(databaseUrl: string, options: ConnectionOptions = {}): Promise<Store> {
  const { poolSize = POOL_SIZE } = options;
  // One of the connections is the session.
  const connections = new Connections(databaseUrl, { ...options, poolSize: Math.max(1, poolSize - 1) });
  const presence = new Presence(databaseUrl);
  try {
    const locks = new PostgresLocks(presence);
    const session = await presence.reach();
    await setUpSchema(connections.query);
    presence.watch();
    const boss = await openBoss(connections, presence, session);
    const signals = await postgresSignals(connections.query, presence);
    return storeOver({ connections, presence, boss, signals, locks });
  } catch (error) {
    presence.close();
    await connections.close();
    throw error;
  }
}

function storeOver({ connections, presence, boss, signals, locks }: Parts): Store {
  const { query } = connections;
  const rows = new Batches(query, TABLE);
  const searchIndex = new PostgresSearchIndex(connections);
  const stopPurging = purgeRegularly(async () => {
    await query(PURGE, [`{"expires":${Date.now()}`]);
    await boss.boss.supervise();
    await searchIndex.upgrade();
  });
  const keyv = namespaces(() => new PostgresAdapter(query, TABLE, rows));
  const { queue, opened } = queues(
    (name) => new PostgresQueue<unknown>(name, { connections, presence, boss }),
  );
  const probes = keyv<number>('probes');
  const close = async () => {
    stopPurging();
    const reason = new Error('The store is closed.');
    // What can't be given back is taken over as soon as the session has ended.
    await Promise.allSettled([...opened.values()].map((one) => one.handOver(reason)));
    presence.close();
    searchIndex.close();
    await boss.boss.stop({ graceful: false, close: false });
    await connections.close();
  };
  let closed: Promise<void> | undefined;
  return {
    keyv,
    queue,
    searchIndex,
    signals,
    replicas: presence,
    shared: true,
    locks,
    async page(namespace, after, limit) {
      // Says what is no namespace.
      keyv(namespace);
      return readPage(query, namespace, after, limit);
    },
    async setOnce(namespace, key, value, ttlMs) {
      keyv(namespace);
      return setFirst(query, `${namespace}:${key}`, value, ttlMs);
    },
    /** The bytes of deleted rows may be written over from here on; backups and logs of the database are its own. */
    async scrub() {
      await query(`VACUUM ${[TABLE, ...SEARCHED].join(', ')}`);
    },
    async backup() {
      throw backsUpItself();
    },
    async check() {
      await (connections.hasFailed ? probes.set('probe', Date.now()) : query('SELECT 1'));
      if (presence.problem !== undefined) throw presence.problem;
      connections.hasFailed = false;
    },
    close() {
      closed ??= close();
      return closed;
    },
  };
}

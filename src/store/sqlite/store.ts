import type { DatabaseSync } from 'node:sqlite';
import { Problem } from '../../problem.ts';
import { ALONE, LocalSignals } from '../local-signals.ts';
import { namespaces, queues } from '../namespaces.ts';
import { purgeRegularly } from '../purge.ts';
import type { Store } from '../store.ts';
import { SqliteAccess } from './access.ts';
import { SqliteAdapter } from './adapter.ts';
import { backUp } from './backup.ts';
import { openMemoryDatabase } from './database.ts';
import { WatchedFiles } from './files.ts';
import { SqliteFirsts } from './firsts.ts';
import { type DataSync, SqliteLog } from './log.ts';
import { closeWhole } from './open-mark.ts';
import { SqlitePages } from './pages.ts';
import { purgeQueues, SqliteQueue } from './queue.ts';
import { SqliteSearchIndex } from './search/search-index.ts';

/** A namespace of its own for what is written only to see whether that is possible. */
const PROBES = 'probes';

/** As large as a long message, so that the little room that a full disk may have left does not pass for enough. */
const PROBE = 'x'.repeat(64 * 1024);

/**
 * A store over a database that `openDatabase` opened, and which is closed with it.
 * @param dataSync For tests of disks that are slow or fail.
 */
export function sqliteStore(database: DatabaseSync, dataSync?: DataSync): Store {
  const file = database.location();
  const files = file === null ? undefined : new WatchedFiles(database, file);
  let log = file === null ? undefined : new SqliteLog(file, dataSync);
  // The log is synced here; SQLite goes on syncing what it moves from there into the file. It does that after every 1,000
  // pages, on the event loop: measured, 4 to 6 ms once or twice a second while 30 replies a second are kept. With fewer
  // pages at a time it took longer in all, and the file must be synced before the log may be written anew.
  if (log) database.exec('PRAGMA synchronous = NORMAL');
  let hasFailed = false;
  const failed = () => {
    hasFailed = true;
  };
  const look = () => {
    try {
      files?.check();
    } catch (error) {
      failed();
      throw error;
    }
  };
  const written = async () => {
    await log?.synced().catch((error: unknown) => {
      failed();
      throw error;
    });
  };
  const access = new SqliteAccess(database, { beforeWrite: look, written, failed });
  const keyv = namespaces(() => new SqliteAdapter(database, access));
  const { queue, opened } = queues((name) => new SqliteQueue<unknown>(name, access));
  const searchIndex = new SqliteSearchIndex(access);
  let closed: Promise<void> | undefined;
  const close = async () => {
    stopPurging();
    for (const one of opened.values()) await one.stop();
    await searchIndex.close();
    await log?.close();
    closeWhole(database);
  };
  const pages = new SqlitePages(access);
  const firsts = new SqliteFirsts(access);
  const purge = database.prepare('DELETE FROM entries WHERE expires <= ?');
  const purgeDone = purgeQueues(access);
  const stopPurging = purgeRegularly(() => {
    purge.run(Date.now());
    purgeDone();
  });
  return {
    keyv,
    queue,
    searchIndex,
    signals: new LocalSignals(),
    replicas: ALONE,
    shared: false,
    async page(namespace, after, limit) {
      // Says what is no namespace.
      keyv(namespace);
      return pages.read(namespace, after, limit);
    },
    async setOnce(namespace, key, value, ttlMs) {
      keyv(namespace);
      return firsts.set(`${namespace}:${key}`, value, ttlMs);
    },
    async scrub(extent) {
      access.write(() => scrub(database, extent));
      files?.shrunk();
      await searchIndex.scrub(extent);
    },
    async backup(target) {
      if (file === null) throw new Problem('A database in memory has no backup.');
      look();
      await backUp(database, target);
    },
    async check() {
      if (!hasFailed) return look();
      if (file !== null && files?.mendLog()) {
        const lost = log;
        log = new SqliteLog(file, dataSync);
        await lost?.close();
      }
      look();
      await keyv<string>(PROBES).set('probe', PROBE);
      await keyv<string>(PROBES).delete('probe');
      hasFailed = false;
    },
    close() {
      closed ??= close();
      return closed;
    },
  };
}

/**
 * SQLite overwrites what it deletes (`secure_delete`), but in the file itself only once the log has come into it, and the
 * log holds what was there before until it is cut.
 */
function scrub(database: DatabaseSync, extent: 'whole' | undefined): void {
  if (extent === 'whole') database.exec('VACUUM');
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
}

/** A store that forgets everything when it is closed: for tests. */
export function memoryStore(): Store {
  return sqliteStore(openMemoryDatabase());
}

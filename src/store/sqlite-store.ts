import type { DatabaseSync } from 'node:sqlite';
import { namespaces } from './namespaces.ts';
import { purgeRegularly } from './purge.ts';
import { SqliteAdapter } from './sqlite.ts';
import { openMemoryDatabase } from './sqlite-database.ts';
import { closeWhole, WatchedFiles } from './sqlite-files.ts';
import type { Store } from './store.ts';

/** A namespace of its own for what is written only to see whether that is possible. */
const PROBES = 'probes';

/** As large as a long message, so that the little room that a full disk may have left does not pass for enough. */
const PROBE = 'x'.repeat(64 * 1024);

/** A store over a database that `openDatabase` opened, and which is closed with it. */
export function sqliteStore(database: DatabaseSync): Store {
  const file = database.location();
  const files = file === null ? undefined : new WatchedFiles(database, file);
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
  const keyv = namespaces(() => new SqliteAdapter(database, { beforeWrite: look, failed }));
  const purge = database.prepare('DELETE FROM entries WHERE expires <= ?');
  const stopPurging = purgeRegularly(() => void purge.run(Date.now()));
  return {
    keyv,
    shared: false,
    async check() {
      if (!hasFailed) return look();
      files?.mendLog();
      look();
      await keyv<string>(PROBES).set('probe', PROBE);
      await keyv<string>(PROBES).delete('probe');
      hasFailed = false;
    },
    async close() {
      stopPurging();
      if (database.isOpen) closeWhole(database);
    },
  };
}

/** A store that forgets everything when it is closed: for tests. */
export function memoryStore(): Store {
  return sqliteStore(openMemoryDatabase());
}

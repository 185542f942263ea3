import type { DatabaseSync } from 'node:sqlite';
import { namespaces } from './namespaces.ts';
import { purgeRegularly } from './purge.ts';
import { SqliteAdapter } from './sqlite.ts';
import { openMemoryDatabase } from './sqlite-database.ts';
import type { Store } from './store.ts';

/** A store over a database that `openDatabase` opened, and which is closed with it. */
export function sqliteStore(database: DatabaseSync): Store {
  const purge = database.prepare('DELETE FROM entries WHERE expires <= ?');
  const stopPurging = purgeRegularly(() => void purge.run(Date.now()));
  return {
    keyv: namespaces(() => new SqliteAdapter(database)),
    shared: false,
    async close() {
      stopPurging();
      if (database.isOpen) database.close();
    },
  };
}

/** A store that forgets everything when it is closed: for tests. */
export function memoryStore(): Store {
  return sqliteStore(openMemoryDatabase());
}

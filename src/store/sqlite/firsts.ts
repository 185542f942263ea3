import type { StatementSync } from 'node:sqlite';
import { deserialize, serialize } from '../codec.ts';
import type { SqliteAccess } from './access.ts';

/** Sets what nobody has set before. */
export class SqliteFirsts {
  readonly #access: SqliteAccess;
  readonly #set: StatementSync;
  readonly #get: StatementSync;

  constructor(access: SqliteAccess) {
    this.#access = access;
    this.#set = access.database.prepare(
      `INSERT INTO entries (key, value, expires) VALUES (?, ?, ?)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires
        WHERE entries.expires <= ?`,
    );
    this.#get = access.database.prepare('SELECT value FROM entries WHERE key = ?');
  }

  /** Gives the value that is there then. */
  async set<T>(key: string, value: T, ttlMs: number): Promise<T> {
    const now = Date.now();
    const expires = now + ttlMs;
    const kept = this.#access.write(() => {
      this.#set.run(key, serialize({ value, expires }), expires, now);
      return this.#get.get(key)?.value;
    });
    await this.#access.written();
    return deserialize(String(kept)).value;
  }
}

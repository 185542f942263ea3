import type { StatementSync } from 'node:sqlite';
import { deserialize } from '../codec.ts';
import type { SqliteAccess } from './access.ts';

/** Reads a namespace a page at a time, in the order of its keys. */
export class SqlitePages {
  readonly #access: SqliteAccess;
  readonly #page: StatementSync;

  constructor(access: SqliteAccess) {
    this.#access = access;
    this.#page = access.database.prepare(
      `SELECT key, value FROM entries WHERE key > ? AND key < ? AND (expires IS NULL OR expires > ?)
        ORDER BY key LIMIT ?`,
    );
  }

  async read<T>(namespace: string, after: string, limit: number): Promise<[string, T][]> {
    const prefix = `${namespace}:`;
    // `;` comes after `:`.
    const values = [prefix + after, `${namespace};`, Date.now(), limit];
    const rows = this.#access.read(() => this.#page.all(...values));
    return rows.map(({ key, value }) => [String(key).slice(prefix.length), deserialize(String(value)).value]);
  }
}

import { EventEmitter } from 'node:events';
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { KeyvStoreAdapter } from 'keyv';
import { SqliteAccess } from './access.ts';

/** How many entries an iterator reads at once. */
const PAGE = 100;

interface Entry {
  key: string;
  value: string;
  /** Milliseconds to live; without it, for ever. */
  ttl?: number;
}

/**
 * A Keyv storage adapter over `node:sqlite`, one for each namespace, all in one table. What was set is seen at once, and
 * on the disk when the promise resolves. Every method rejects when the database fails, with a `Problem` where a person can put
 * it right.
 */
export class SqliteAdapter
  extends EventEmitter
  implements Omit<KeyvStoreAdapter, 'get' | 'getMany' | 'iterator'>
{
  /** Keyv iterates only over stores whose dialect it knows. */
  readonly opts = { dialect: 'sqlite' };
  /** Set by Keyv, which also puts it and a `:` before every key. */
  namespace: string | undefined;
  readonly #access: SqliteAccess;
  readonly #get: StatementSync;
  readonly #set: StatementSync;
  readonly #delete: StatementSync;
  readonly #clear: StatementSync;
  readonly #page: StatementSync;

  /** Takes a database that `openDatabase` or `openMemoryDatabase` opened. */
  constructor(database: DatabaseSync, access = new SqliteAccess(database)) {
    super();
    this.#access = access;
    const living = '(expires IS NULL OR expires > ?)';
    this.#get = database.prepare(`SELECT value FROM entries WHERE key = ? AND ${living}`);
    this.#set = database.prepare(
      `INSERT INTO entries (key, value, expires) VALUES (?, ?, ?)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires`,
    );
    this.#delete = database.prepare('DELETE FROM entries WHERE key = ?');
    this.#clear = database.prepare('DELETE FROM entries WHERE key >= ? AND key < ?');
    this.#page = database.prepare(
      `SELECT key, value FROM entries WHERE key > ? AND key < ? AND ${living} ORDER BY key LIMIT ?`,
    );
  }

  async get(key: string): Promise<SQLOutputValue | undefined> {
    return this.#access.read(() => this.#get.get(key, Date.now())?.value);
  }

  async getMany(keys: string[]): Promise<(SQLOutputValue | undefined)[]> {
    return this.#access.read(() => keys.map((key) => this.#get.get(key, Date.now())?.value));
  }

  async has(key: string): Promise<boolean> {
    return (await this.get(key)) !== undefined;
  }

  async hasMany(keys: string[]): Promise<boolean[]> {
    return (await this.getMany(keys)).map((value) => value !== undefined);
  }

  async set(key: string, value: string, ttl?: number): Promise<void> {
    await this.#change(() => this.#write(key, value, ttl));
  }

  /** All or none. */
  async setMany(entries: Entry[]): Promise<void> {
    await this.#transaction(() => {
      for (const { key, value, ttl } of entries) this.#write(key, value, ttl);
    });
  }

  async delete(key: string): Promise<boolean> {
    return this.#change(() => this.#delete.run(key).changes > 0);
  }

  /** All or none; true when at least one of them was there. */
  async deleteMany(keys: string[]): Promise<boolean> {
    return this.#transaction(() => keys.filter((key) => this.#delete.run(key).changes > 0).length > 0);
  }

  /** Deletes everything in this namespace. */
  async clear(): Promise<void> {
    await this.#change(() => this.#clear.run(...range(this.namespace)));
  }

  /** Yields the entries in the order of their keys. What is written meanwhile may or may not be seen. */
  async *iterator(namespace = this.namespace): AsyncGenerator<[string, string], void> {
    const [first, end] = range(namespace);
    let last = first;
    for (;;) {
      const rows = this.#access.read(() => this.#page.all(last, end, Date.now(), PAGE));
      for (const row of rows) {
        last = String(row.key);
        yield [last, String(row.value)];
      }
      if (rows.length < PAGE) return;
    }
  }

  #write(key: string, value: string, ttl: number | undefined): void {
    this.#set.run(key, value, ttl === undefined ? null : Date.now() + ttl);
  }

  async #transaction<T>(work: () => T): Promise<T> {
    const result = this.#access.transaction(work);
    await this.#access.written();
    return result;
  }

  async #change<T>(work: () => T): Promise<T> {
    const result = this.#access.write(work);
    await this.#access.written();
    return result;
  }
}

/** The keys of a namespace, which begin with its name and a `:`, as a half-open range; `;` comes after `:`. */
function range(namespace: string | undefined): [string, string] {
  return namespace === undefined ? ['', '\u{10ffff}'] : [`${namespace}:`, `${namespace};`];
}

import type { DatabaseSync } from 'node:sqlite';
import { explain } from './database.ts';

/** Who looks after the database. */
export interface Watch {
  /** Throws when what is written would be lost. */
  beforeWrite(): void;
  /** Resolves when what was written is safe. */
  written(): Promise<void>;
  /** Is told of every failure. */
  failed(error: unknown): void;
}

const UNWATCHED: Watch = { beforeWrite: () => {}, written: async () => {}, failed: () => {} };

/** How everything of the store reads and writes one database: failures are told, and writes are looked after. */
export class SqliteAccess {
  readonly database: DatabaseSync;
  readonly #watch: Watch;

  constructor(database: DatabaseSync, watch: Watch = UNWATCHED) {
    this.database = database;
    this.#watch = watch;
  }

  /** Throws a `Problem` where a person can put right what failed. */
  read<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const explained = explain(error, this.database.location() ?? 'the database in memory');
      this.#watch.failed(explained);
      throw explained;
    }
  }

  /** What `work` writes is seen at once, and safe after `written`. */
  write<T>(work: () => T): T {
    return this.read(() => {
      this.#watch.beforeWrite();
      return work();
    });
  }

  /** The same for several writes, of which all are done or none. */
  transaction<T>(work: () => T): T {
    const { database } = this;
    return this.write(() => {
      database.exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        database.exec('COMMIT');
        return result;
      } catch (error) {
        // SQLite has rolled back already after some errors, such as a full disk.
        if (database.isTransaction) database.exec('ROLLBACK');
        throw error;
      }
    });
  }

  /** Resolves when everything that was written before this call is on the disk. */
  written(): Promise<void> {
    return this.#watch.written();
  }
}

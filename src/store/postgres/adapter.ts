import { KeyvPostgres, type KeyvPostgresOptions } from '@keyv/postgres';
import type { Batches, Row } from './batches.ts';
import type { Query } from './connections/connections.ts';

interface Options extends KeyvPostgresOptions {
  ourQuery: Query;
}

/**
 * `@keyv/postgres` over connections of ours: its own are one pool for the whole process, which dies with a lost one.
 * Single rows go by way of `Batches`.
 */
export class PostgresAdapter extends KeyvPostgres {
  readonly #rows: Batches;

  constructor(query: Query, table: string, rows: Batches) {
    const options: Options = { table, iterationLimit: 100, ourQuery: query };
    super(options);
    this.#rows = rows;
  }

  /** Called by the constructor of `KeyvPostgres`, before anything of this class is set up. */
  override async connect(): Promise<Query> {
    const { ourQuery } = this.opts as Options;
    // The first thing that `KeyvPostgres` asks for is the table, which is there.
    let first = true;
    return async (sql, values) => {
      if (!first) return ourQuery(sql, values);
      first = false;
      return [];
    };
  }

  override async get<Value>(key: string): Promise<Value> {
    return (await this.#rows.read([key])).get(key) as Value;
  }

  override async getMany<Value>(keys: string[]): Promise<Value[]> {
    const values = await this.#rows.read(keys);
    return keys.map((key) => values.get(key) as Value);
  }

  override async has(key: string): Promise<boolean> {
    const [found] = await this.hasMany([key]);
    return found === true;
  }

  async hasMany(keys: string[]): Promise<boolean[]> {
    const values = await this.#rows.read(keys);
    return keys.map((key) => {
      const value = values.get(key);
      return value !== undefined && !hasExpired(value);
    });
  }

  override async set(key: string, value: unknown): Promise<void> {
    await this.#rows.write([{ key, value: String(value) }]);
  }

  override async setMany(entries: { key: string; value: unknown }[]): Promise<void> {
    await this.#rows.write(entries as Row[]);
  }

  override async delete(key: string): Promise<boolean> {
    return (await this.#rows.remove([key])).has(key);
  }

  override async deleteMany(keys: string[]): Promise<boolean> {
    const removed = await this.#rows.remove(keys);
    return keys.some((key) => removed.has(key));
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

/** Values that expire begin with the time: see `serialize`. */
function hasExpired(value: string): boolean {
  const [, expires] = /^\{"expires":(\d+)/.exec(value) ?? [];
  return expires !== undefined && Number(expires) <= Date.now();
}

import type { Query } from './connections/connections.ts';

export interface Row {
  key: string;
  value: string;
}

/** What is collected until the event loop turns, and then done for all who wait. */
interface Batch<Item, Result> {
  items: Map<string, Item>;
  result: Promise<Result>;
}

/**
 * The rows of one table. What is asked in one turn of the event loop, by however many conversations, goes to the
 * database as one query: a round trip costs more than the rows.
 */
export class Batches {
  readonly #query: Query;
  readonly #table: string;
  #reads: Batch<true, Map<string, string>> | undefined;
  #writes: Batch<string, void> | undefined;
  #removals: Batch<true, Set<string>> | undefined;

  constructor(query: Query, table: string) {
    this.#query = query;
    this.#table = table;
  }

  /** The values of those keys that are there. */
  read(keys: readonly string[]): Promise<Map<string, string>> {
    this.#reads ??= newBatch(async (items) => {
      this.#reads = undefined;
      const sql = `SELECT key, value FROM ${this.#table} WHERE key = ANY($1)`;
      const rows = await this.#query(sql, [[...items.keys()]]);
      return new Map(rows.map(({ key, value }) => [String(key), String(value)]));
    });
    for (const key of keys) this.#reads.items.set(key, true);
    return this.#reads.result;
  }

  /** All rows or none, with everything else that is written at the same time. */
  write(rows: readonly Row[]): Promise<void> {
    this.#writes ??= newBatch(async (items) => {
      this.#writes = undefined;
      // In one order everywhere, so that two copies of Bobbin never wait for each other.
      const sorted = [...items].sort(([a], [b]) => (a < b ? -1 : 1));
      const sql = `INSERT INTO ${this.#table} (key, value) SELECT * FROM unnest($1::text[], $2::text[])
        ON CONFLICT (key) DO UPDATE SET value = excluded.value`;
      await this.#query(sql, [sorted.map(([key]) => key), sorted.map(([, value]) => value)]);
    });
    for (const { key, value } of rows) this.#writes.items.set(key, value);
    return this.#writes.result;
  }

  /** The keys of the rows that were there. */
  remove(keys: readonly string[]): Promise<Set<string>> {
    this.#removals ??= newBatch(async (items) => {
      this.#removals = undefined;
      const sql = `DELETE FROM ${this.#table} WHERE key = ANY($1) RETURNING key`;
      const rows = await this.#query(sql, [[...items.keys()].sort()]);
      return new Set(rows.map(({ key }) => String(key)));
    });
    for (const key of keys) this.#removals.items.set(key, true);
    return this.#removals.result;
  }
}

function newBatch<Item, Result>(flush: (items: Map<string, Item>) => Promise<Result>): Batch<Item, Result> {
  const items = new Map<string, Item>();
  const result = new Promise<void>((resolve) => setImmediate(resolve)).then(() => flush(items));
  return { items, result };
}

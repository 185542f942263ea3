import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** What so many chunks have is kept, since it takes long to count: about 0.1 ms for a thousand. */
const COMMON = 500;

/** The most that is kept; a language has fewer words that are common. */
const MOST_KEPT = 10_000;

/** How many chunks have what a query of FTS5 finds. What is common is counted once, until anybody writes. */
export class Counts {
  readonly #count: StatementSync;
  readonly #countAll: StatementSync;
  readonly #version: StatementSync;
  readonly #common = new Map<string, number>();
  #all: number | undefined;
  #at: unknown;

  constructor(database: DatabaseSync, table: 'words' | 'heads') {
    this.#count = database.prepare(`SELECT count(*) AS chunks FROM ${table} WHERE ${table} MATCH ?`);
    this.#countAll = database.prepare(`SELECT count(*) AS chunks FROM ${table}_docsize`);
    this.#version = database.prepare('PRAGMA data_version');
  }

  /** Forgets what another connection has changed: https://www.sqlite.org/pragma.html#pragma_data_version */
  refresh(): void {
    const version = this.#version.get()?.data_version;
    if (version !== this.#at) this.forget();
    this.#at = version;
  }

  /** Is told of what is written by the same connection. */
  forget(): void {
    this.#common.clear();
    this.#all = undefined;
  }

  /** How many chunks there are. */
  all(): number {
    this.#all ??= Number(this.#countAll.get()?.chunks);
    return this.#all;
  }

  of(query: string): number {
    const kept = this.#common.get(query);
    if (kept !== undefined) return kept;
    const having = Number(this.#count.get(query)?.chunks);
    if (having >= COMMON && this.#common.size < MOST_KEPT) this.#common.set(query, having);
    return having;
  }
}

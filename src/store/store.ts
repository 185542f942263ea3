import type { Keyv } from 'keyv';

/** Where everything is kept: one database, many Keyv namespaces. */
export interface Store {
  /**
   * A Keyv over this store, for JSON data or `Uint8Array`s. What was set is safe when the promise resolves; every
   * call rejects when the database fails. A namespace is made of a–z, 0–9 and "-"; the same one is the same data.
   */
  keyv<T>(namespace: string): Keyv<T>;
  /** Whether other processes may write to the same database at the same time. */
  readonly shared: boolean;
  /**
   * Rejects with why the store can't be used now. It looks, and where a call has failed since it was last found well, it
   * writes, too.
   */
  check(): Promise<void>;
  close(): Promise<void>;
}

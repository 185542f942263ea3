import type { Keyv } from 'keyv';

/** Where everything is kept: one database, many Keyv namespaces. */
export interface Store {
  /** A Keyv over this store. Namespaces hold neither `_` nor `%`: `@keyv/postgres` takes them as wildcards. */
  keyv<T>(namespace: string): Keyv<T>;
  /** Whether other processes may write to the same database at the same time. */
  readonly shared: boolean;
  close(): Promise<void>;
}

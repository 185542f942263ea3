import type { Keyv } from 'keyv';
import type { Locks } from './locks.ts';
import type { Queue } from './queue.ts';
import type { SearchIndex } from './search-index.ts';
import type { Replicas, Signals } from './signals.ts';

/** The namespaces that are walked from time to time, however much they hold. */
export const WALKED = ['conversations', 'retracted', 'threads', 'files'] as const;

/** Where everything is kept: one database, many Keyv namespaces and queues. */
export interface Store {
  /**
   * A Keyv over this store, for JSON data or `Uint8Array`s. What was set is safe when the promise resolves; every
   * call rejects when the database fails. A namespace is made of a–z, 0–9 and "-"; the same one is the same data.
   */
  keyv<T>(namespace: string): Keyv<T>;
  /**
   * The first `limit` entries of a namespace whose keys come after `after`, by the bytes of their keys: so that what is too
   * much to be read at once can be walked. Quick for the namespaces that `WALKED` names.
   */
  page<T>(namespace: string, after: string, limit: number): Promise<[key: string, value: T][]>;
  /**
   * Sets what is not set, or has expired, and gives what is there then: of all who do so at the same time, in whichever
   * process, one comes first. It is safe when the promise resolves.
   * @param ttlMs When it expires, in milliseconds from now.
   */
  setOnce<T>(namespace: string, key: string, value: T, ttlMs: number): Promise<T>;
  /** A queue in this store, for JSON data; named like a namespace. The same name is the same queue. */
  queue<T>(name: string): Queue<T>;
  /** Full text and vectors of documents. */
  readonly searchIndex: SearchIndex;
  readonly signals: Signals;
  readonly replicas: Replicas;
  /** Whether other processes may write to the same database at the same time. */
  readonly shared: boolean;
  /** Locks among those processes; none where there are no others. */
  readonly locks?: Locks;
  /**
   * Rejects with why the store can't be used now. It looks, and where a call has failed since it was last found well, it
   * writes, too.
   */
  check(): Promise<void>;
  /**
   * Leaves in the store's own files no byte of what was deleted. `whole`: not of what an earlier release deleted, either,
   * which takes as long as to write everything anew.
   */
  scrub(extent?: 'whole'): Promise<void>;
  /**
   * Writes everything, as of one moment, into a file that does not exist yet. Rejects with a `Problem` when that cannot be
   * done, as where the database has a tool of its own for it.
   * @param file An absolute path.
   */
  backup(file: string): Promise<void>;
  /** Ends everything; the keys of queues that are still worked on are given back, for other processes to go on with. */
  close(): Promise<void>;
}

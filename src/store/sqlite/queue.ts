import type { StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Claim, DEDUPE_MS, type Entry, type Queue, RETRY_PAUSE_MS } from '../queue.ts';
import type { SqliteAccess } from './access.ts';

type Work<T> = (claim: Claim<T>) => Promise<void>;

/** What is not done of a key. */
interface Waiting {
  count: number;
  /** Whether some of it was given to a worker before. */
  isBegun: boolean;
}

/** There is no other process that could take a claim away. */
const NEVER = new AbortController().signal;

/**
 * A queue in the `queue` table of a database that this process has for itself. An entry is kept by one INSERT, and given
 * out right after it, while the log is being synced. It counts as begun once `Claim.entries` has given it to a worker.
 */
export class SqliteQueue<T> implements Queue<T> {
  readonly #name: string;
  readonly #access: SqliteAccess;
  readonly #sql: Record<keyof typeof SQL, StatementSync>;
  /** Undefined when nothing is given out. */
  #work: Work<T> | undefined;
  /** The keys that are given out. */
  readonly #busy = new Set<string>();
  /** Ends the pauses before keys are given out again. */
  #stopped = new AbortController();

  constructor(name: string, access: SqliteAccess) {
    this.#name = name;
    this.#access = access;
    const prepared = Object.entries(SQL).map(([what, sql]) => [what, access.database.prepare(sql)]);
    this.#sql = Object.fromEntries(prepared);
  }

  async put({ id, key, data }: Entry<T>): Promise<boolean> {
    const isNew = this.#write('put', this.#name, id, key, JSON.stringify(data), Date.now()) > 0;
    if (isNew) this.#offer(key);
    await this.#access.written();
    return isNew;
  }

  async start(work: Work<T>): Promise<void> {
    this.#work = work;
    this.#stopped = new AbortController();
    for (const { key } of this.#rows('keys', this.#name)) this.#offer(String(key));
  }

  async stop(): Promise<void> {
    this.#work = undefined;
    this.#stopped.abort();
  }

  async depth(): Promise<number> {
    return Number(this.#rows('depth', this.#name)[0]?.count);
  }

  async keysSince(time: number): Promise<Map<string, number>> {
    return new Map(this.#rows('keysSince', this.#name, time).map(({ key, at }) => [String(key), Number(at)]));
  }

  async keysWaiting(): Promise<string[]> {
    return this.#rows('keys', this.#name).map(({ key }) => String(key));
  }

  async forget(key: string): Promise<number> {
    const count = this.#write('forget', this.#name, key);
    await this.#access.written();
    return count;
  }

  #offer(key: string): void {
    if (this.#work && !this.#busy.has(key)) void this.#give(key);
  }

  /** Gives a key out for as long as it has entries. */
  async #give(key: string): Promise<void> {
    this.#busy.add(key);
    for (let waiting = this.#waiting(key); this.#work && waiting.count > 0; waiting = this.#waiting(key)) {
      const claim = new SqliteClaim<T>(key, waiting.isBegun, {
        entries: () => this.#entries(key),
        done: (ids) => this.#done(key, ids),
      });
      await this.#work(claim).catch(() => {});
      if (!claim.hasDone && this.#waiting(key).count > 0) await this.#pause();
    }
    this.#busy.delete(key);
  }

  /** What can't be read is taken to be there: the worker is told by its claim why it can't. */
  #waiting(key: string): Waiting {
    try {
      const [row] = this.#rows('waiting', this.#name, key);
      return { count: Number(row?.count), isBegun: row?.begun === 1 };
    } catch {
      return { count: 1, isBegun: true };
    }
  }

  async #pause(): Promise<void> {
    const options = { signal: this.#stopped.signal };
    await sleep(RETRY_PAUSE_MS, undefined, options).catch(() => {});
  }

  async #entries(key: string): Promise<Entry<T>[]> {
    const rows = this.#rows('entries', this.#name, key);
    // Not waited for: a power cut that takes this mark takes what was written after it, too.
    if (rows.some(({ begun }) => begun === 0)) this.#write('begin', this.#name, key);
    return rows.map(({ id, data }) => ({ id: String(id), key, data: JSON.parse(String(data)) }));
  }

  async #done(key: string, ids: readonly string[]): Promise<void> {
    this.#write('done', Date.now(), this.#name, key, JSON.stringify(ids));
    await this.#access.written();
  }

  #rows(what: keyof typeof SQL, ...values: (string | number)[]) {
    return this.#access.read(() => this.#sql[what].all(...values));
  }

  /** How many rows it changed. */
  #write(what: keyof typeof SQL, ...values: (string | number)[]): number {
    return Number(this.#access.write(() => this.#sql[what].run(...values).changes));
  }
}

/** Deletes the entries of all queues that have been done for long enough to be forgotten. */
export function purgeQueues({ database }: SqliteAccess): () => void {
  const purge = database.prepare('DELETE FROM queue WHERE done <= ?');
  return () => void purge.run(Date.now() - DEDUPE_MS);
}

const SQL = {
  put: `INSERT INTO queue (queue, id, key, data, put) VALUES (?, ?, ?, ?, ?) ON CONFLICT (queue, id) DO NOTHING`,
  keys: `SELECT key FROM queue WHERE queue = ? AND done IS NULL GROUP BY key ORDER BY max(begun) DESC, min(place)`,
  waiting: `SELECT count(*) AS count, max(begun) AS begun FROM queue WHERE queue = ? AND key = ? AND done IS NULL`,
  entries: `SELECT id, data, begun FROM queue WHERE queue = ? AND key = ? AND done IS NULL ORDER BY place`,
  begin: `UPDATE queue SET begun = 1 WHERE queue = ? AND key = ? AND done IS NULL`,
  // What was asked is needed no more, only that it was.
  done: `UPDATE queue SET done = ?, data = NULL
    WHERE queue = ? AND key = ? AND done IS NULL AND id IN (SELECT value FROM json_each(?))`,
  depth: `SELECT count(*) AS count FROM queue WHERE queue = ? AND done IS NULL`,
  keysSince: `SELECT key, max(put) AS at FROM queue WHERE queue = ? AND put >= ? GROUP BY key ORDER BY max(place) DESC`,
  forget: `DELETE FROM queue WHERE queue = ? AND key = ?`,
};

type Access<T> = Pick<Claim<T>, 'entries' | 'done'>;

class SqliteClaim<T> implements Claim<T> {
  readonly key: string;
  readonly isTakenOver: boolean;
  readonly lost = NEVER;
  /** Whether the work has come to the end of anything. */
  hasDone = false;
  readonly #access: Access<T>;

  constructor(key: string, isTakenOver: boolean, access: Access<T>) {
    this.key = key;
    this.isTakenOver = isTakenOver;
    this.#access = access;
  }

  entries(): Promise<Entry<T>[]> {
    return this.#access.entries();
  }

  /** Every key is given out at once here. */
  idle(): void {}

  async done(ids: readonly string[]): Promise<void> {
    await this.#access.done(ids);
    this.hasDone = true;
  }
}

import { createHash } from 'node:crypto';
import { KeyedQueue } from '../../../keyed-queue.ts';
import type { Entry, Queue } from '../../queue.ts';
import { BOSS_QUEUE, BOSS_SCHEMA } from './boss.ts';
import { WAITING } from './claims.ts';
import { type Ground, PostgresDispatch, type Work } from './dispatch.ts';

/**
 * A queue that all processes with the same database share: pg-boss keeps the entries, each as a job, and
 * `PostgresDispatch` gives them out.
 */
export class PostgresQueue<T> implements Queue<T> {
  readonly #name: string;
  readonly #ground: Ground;
  readonly #dispatch: PostgresDispatch<T>;
  /** pg-boss orders by the time of the transaction, so the entries of a key are put one after the other. */
  readonly #puts = new KeyedQueue();
  #made: Promise<unknown> | undefined;

  constructor(name: string, ground: Ground) {
    this.#name = name;
    this.#ground = ground;
    this.#dispatch = new PostgresDispatch(name, ground, (key) => ({
      entries: () => this.#entries(key),
      done: (ids) => this.#done(ids),
    }));
  }

  put({ id, key, data }: Entry<T>): Promise<boolean> {
    return this.#puts.run(key, async () => {
      await this.#make();
      // As one text: JSON of PostgreSQL has no NUL and no half of a surrogate pair.
      const job = { entry: JSON.stringify({ id, data }) };
      const { boss } = this.#ground.boss;
      return (await boss.send(this.#name, job, { id: jobId(id), singletonKey: key })) !== null;
    });
  }

  async start(work: Work<T>): Promise<void> {
    await this.#make();
    this.#dispatch.start(work);
  }

  stop(): Promise<void> {
    return this.#dispatch.stop();
  }

  /** Gives back what is still worked on, for other processes to go on with at once. */
  handOver(reason: unknown): Promise<void> {
    return this.#dispatch.handOver(reason);
  }

  async depth(): Promise<number> {
    return this.#count(`SELECT count(*) ${NOT_DONE}`);
  }

  async keysSince(time: number): Promise<Map<string, number>> {
    const rows = await this.#ground.connections.query(
      `SELECT singleton_key AS key, extract(epoch FROM max(created_on)) * 1000 AS at FROM ${BOSS_SCHEMA}.job
        WHERE name = $1 AND created_on >= to_timestamp($2::float8 / 1000)
        GROUP BY singleton_key ORDER BY max(created_on) DESC`,
      [this.#name, time],
    );
    return new Map(rows.map(({ key, at }) => [String(key), Number(at)]));
  }

  async keysWaiting(): Promise<string[]> {
    const rows = await this.#ground.connections.query(`SELECT DISTINCT singleton_key AS key ${NOT_DONE}`, [
      this.#name,
    ]);
    return rows.map(({ key }) => String(key));
  }

  async forget(key: string): Promise<number> {
    const gone = `DELETE FROM ${BOSS_SCHEMA}.job WHERE name = $1 AND singleton_key = $2 RETURNING id`;
    const count = await this.#count(`WITH gone AS (${gone}) SELECT count(*) FROM gone`, key);
    await this.#dispatch.forget(key);
    return count;
  }

  async #make(): Promise<void> {
    this.#made ??= this.#ground.boss.boss.createQueue(this.#name, BOSS_QUEUE);
    try {
      await this.#made;
    } catch (error) {
      this.#made = undefined;
      throw error;
    }
  }

  async #count(sql: string, ...more: string[]): Promise<number> {
    const [row] = await this.#ground.connections.query(sql, [this.#name, ...more]);
    return Number(row?.count);
  }

  async #entries(key: string): Promise<Entry<T>[]> {
    const columns = `data->>'entry' AS entry, created_on, id`;
    const rows = await this.#ground.connections.query(
      `${WAITING.map((waiting) => `SELECT ${columns} ${waiting}`).join(' UNION ALL ')} ORDER BY created_on, id`,
      [this.#name, key],
    );
    return rows.map(({ entry }) => ({ ...JSON.parse(String(entry)), key }));
  }

  async #done(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const { boss } = this.#ground.boss;
    await boss.complete(this.#name, ids.map(jobId), null, { includeQueued: true });
    // What was asked is needed no more, only that it was.
    await this.#ground.connections.query(
      `UPDATE ${BOSS_SCHEMA}.job SET data = NULL WHERE name = $1 AND state = 'completed' AND id = ANY($2::uuid[])`,
      [this.#name, ids.map(jobId)],
    );
  }
}

const NOT_DONE = `FROM ${BOSS_SCHEMA}.job WHERE name = $1 AND state IN ('created', 'retry', 'active')`;

/** Any UUID of ours, in which entry ids are names. */
const ENTRIES = Buffer.from('6d0f0c1e4c8b4b8e9a5b0c7f8f3f2a17', 'hex');

/** The same entry is the same job: a UUID of version 5, https://www.rfc-editor.org/rfc/rfc9562#section-5.5 */
function jobId(id: string): string {
  const hash = createHash('sha1').update(ENTRIES).update(id).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

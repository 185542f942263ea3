import type { Query } from '../connections/connections.ts';
import { GIVEN_BACK, type Owner } from '../session/presence.ts';
import { FROM_ALIVE, type Session } from '../session/session.ts';
import { BOSS_SCHEMA, type Boss } from './boss.ts';

/** A key that this process owns now. */
export interface Owned {
  key: string;
  /** Whether an owner before may have left it half done. */
  isTakenOver: boolean;
}

/** What is not done of a key, for each of the indexes that pg-boss has for that. */
export const WAITING = [
  `name = $1 AND singleton_key = $2 AND state < 'active'`,
  `name = $1 AND singleton_key = $2 AND state = 'active' AND policy = 'key_strict_fifo'`,
].map((condition) => `FROM ${BOSS_SCHEMA}.job WHERE ${condition}`);

/**
 * Who owns which key of a queue: the table `bobbin_claims`. pg-boss knows that a job is active, not whose it is, and once
 * the oldest of a key is done it gives out the next, whoever still works on that key.
 *
 * A key is owned from when its first entry is fetched until nothing of it is left; its row names the process by the number
 * of its session. Whoever fetches another entry of it meanwhile leaves a mark, `more`, and the entry to the owner. `begun`
 * is false where an owner has given the key back without having seen its entries.
 */
export class PostgresClaims {
  readonly #queue: string;
  readonly #boss: Boss['boss'];
  readonly #query: Query;

  constructor(queue: string, boss: Boss['boss'], query: Query) {
    this.#queue = queue;
    this.#boss = boss;
    this.#query = query;
  }

  /** Takes up to `limit` keys that nobody owns; `full` says whether there may be more. */
  async fetch(session: Session, limit: number): Promise<{ owned: Owned[]; full: boolean }> {
    let rows: Record<string, unknown>[] = [];
    // One statement for both: pg-boss marks the entries as active, and we whose they are. In one order everywhere, so that
    // two processes never wait for each other.
    const executeSql = async (sql: string) => {
      rows = await session.query(
        `WITH fetched AS (${sql}) INSERT INTO bobbin_claims (queue, key, process)
          SELECT $1, "singletonKey", $2 FROM fetched ORDER BY "singletonKey"
          ON CONFLICT (queue, key) DO UPDATE SET more = true RETURNING key, more`,
        [this.#queue, session.process],
      );
      return { rows };
    };
    await this.#boss.fetch(this.#queue, { batchSize: limit, includeMetadata: true, db: { executeSql } });
    const owned = rows.filter(({ more }) => more === false);
    return {
      owned: owned.map(({ key }) => ({ key: String(key), isTakenOver: false })),
      full: rows.length === limit,
    };
  }

  /** Takes up to `limit` keys that were given back or whose owner is dead. */
  async takeOver(session: Session, owners: readonly Owner[], limit: number): Promise<Owned[]> {
    const free = '(process IS NULL OR process = ANY($2::int[]))';
    // Another process may do the same at the same time: what it took first is not free any more.
    const rows = await session.query(
      `UPDATE bobbin_claims AS claim SET process = $3, begun = true, more = false
        FROM (SELECT * FROM bobbin_claims WHERE queue = $1 AND ${free} LIMIT $4) AS found
        WHERE claim.queue = $1 AND claim.key = found.key AND claim.begun = found.begun AND ${free.replaceAll('process', 'claim.process')}
        RETURNING claim.key, found.begun`,
      [this.#queue, owners.filter((owner) => owner !== null), session.process, limit],
    );
    return rows.map(({ key, begun }) => ({ key: String(key), isTakenOver: begun === true }));
  }

  /** Gives up a key of which nothing is left; false when something is, or when it is not owned any more. */
  async release(process: number, key: string): Promise<boolean> {
    const left = WAITING.map((waiting) => `NOT EXISTS (SELECT ${waiting})`).join(' AND ');
    const rows = await this.#query(
      `DELETE FROM bobbin_claims WHERE queue = $1 AND key = $2 AND process = $3 AND NOT more AND ${left} RETURNING key`,
      [this.#queue, key, process],
    );
    return rows.length > 0;
  }

  /** Keeps a key of which something is left; false when it is not owned any more. */
  async keep(process: number, key: string): Promise<boolean> {
    const rows = await this.#query(
      'UPDATE bobbin_claims SET more = false WHERE queue = $1 AND key = $2 AND process = $3 RETURNING key',
      [this.#queue, key, process],
    );
    return rows.length > 0;
  }

  /** Lets go of a key on which nobody works any more, as of one that was given back, when nothing of it is left. */
  async forget({ process }: Session, key: string): Promise<void> {
    const rows = await this.#query(
      `UPDATE bobbin_claims SET process = $3, begun = true, more = false WHERE queue = $1 AND key = $2
        AND (process IS NULL OR process NOT IN (SELECT objid::bigint::int ${FROM_ALIVE})) RETURNING key`,
      [this.#queue, key, process],
    );
    if (rows.length > 0 && !(await this.release(process, key))) await this.giveBack(process, [key], [key]);
  }

  /** Gives keys back for other processes to take at once. */
  async giveBack(process: number, keys: readonly string[], begun: readonly string[]): Promise<void> {
    await this.#query(
      `WITH given AS (
          UPDATE bobbin_claims SET process = NULL, begun = (key = ANY($4::text[]))
            WHERE queue = $1 AND process = $2 AND key = ANY($3::text[]) RETURNING key
        ) SELECT pg_notify('${GIVEN_BACK}', '') FROM given LIMIT 1`,
      [this.#queue, process, keys, begun],
    );
  }
}

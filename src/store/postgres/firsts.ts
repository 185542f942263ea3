import { deserialize, serialize } from '../codec.ts';
import type { Query } from './connections/connections.ts';
import { expiring, TABLE } from './schema.ts';

const SET = `INSERT INTO ${TABLE} AS kept (key, value) VALUES ($1, $2)
  ON CONFLICT (key) DO UPDATE SET value = excluded.value
  WHERE ${expiring('kept.value').isSo} AND ${expiring('kept.value').at} <= $3 RETURNING value`;

const GET = `SELECT value FROM ${TABLE} WHERE key = $1`;

/** Sets what nobody has set before; gives the value that is there then. */
export async function setFirst<T>(query: Query, key: string, value: T, ttlMs: number): Promise<T> {
  const now = Date.now();
  const text = serialize({ value, expires: now + ttlMs });
  for (;;) {
    const [set] = await query(SET, [key, text, `{"expires":${now}`]);
    // In a statement of its own: one that was under way when another process set it would not see that.
    const [kept] = set ? [set] : await query(GET, [key]);
    // It may have been deleted in between.
    if (kept) return deserialize(String(kept.value)).value;
  }
}

import { deserialize } from '../codec.ts';
import type { Query } from './connections/connections.ts';
import { BYTES, EXPIRES, EXPIRING, NAMESPACE, TABLE } from './schema.ts';

/** Up to `limit` entries whose keys come after `after`. The namespace is known to be one. */
export async function readPage<T>(
  query: Query,
  namespace: string,
  after: string,
  limit: number,
): Promise<[string, T][]> {
  const prefix = `${namespace}:`;
  // The namespace stands in the text, for only so is it seen that the index holds it.
  const rows = await query(
    `SELECT key, value FROM ${TABLE} WHERE ${NAMESPACE} = '${namespace}' AND ${BYTES} > $1
      AND NOT (${EXPIRING} AND ${EXPIRES} <= $2) ORDER BY ${BYTES} LIMIT $3`,
    [prefix + after, `{"expires":${Date.now()}`, limit],
  );
  return rows.map(({ key, value }) => [String(key).slice(prefix.length), deserialize(String(value)).value]);
}

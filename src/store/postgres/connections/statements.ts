import type { QueryConfig } from 'pg';

/** Each connection keeps so many plans at most; all that Bobbin asks for is fewer. */
const MOST_STATEMENTS = 200;

const names = new Map<string, string>();

/**
 * A statement with values that each connection plans once, not every time: with pg-boss's long ones that is half of what
 * they cost. https://www.postgresql.org/docs/current/sql-prepare.html
 */
export function prepared(sql: string, values: unknown[]): QueryConfig {
  const name = names.get(sql) ?? (names.size < MOST_STATEMENTS ? `bobbin_${names.size}` : undefined);
  if (name === undefined) return { text: sql, values };
  names.set(sql, name);
  return { name, text: sql, values };
}

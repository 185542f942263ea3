import { matches } from '../../filter.ts';
import type { Scope } from '../../search-index.ts';
import type { Query } from '../connections/connections.ts';

/** Where is searched, as the database is told. */
export interface ScopeInside {
  stores: readonly string[];
  /** The ids of those files of the stores that are meant; all where left out. */
  files?: readonly number[];
  /** How many chunks that are. */
  chunks: number;
}

/** The ids of the files that are searched, where `$1` are the stores and `$2` the files. */
export const FILES_INSIDE = `SELECT id FROM bobbin_search_files
  WHERE store = ANY($1) AND ($2::bigint[] IS NULL OR id = ANY($2))`;

/**
 * Whether a file is among them, for many rows: told apart by a table in memory, which is made once. As a join it would be
 * planned by statistics, which there are none of after much was put, and then each row is compared with every file.
 */
export function isInside(file: string): string {
  return `(${file} IN (${FILES_INSIDE})) IS TRUE`;
}

/** A filter is asked of the attributes as they are now, as in every store. Undefined where there is nothing to search. */
export async function scopeInside(query: Query, { stores, filter }: Scope): Promise<ScopeInside | undefined> {
  if (!filter) {
    const [row] = await query(
      'SELECT coalesce(sum(chunks), 0) AS chunks FROM bobbin_search_files WHERE store = ANY($1)',
      [stores],
    );
    const chunks = Number(row?.chunks);
    return chunks === 0 ? undefined : { stores, chunks };
  }
  const rows = await query('SELECT id, attributes, chunks FROM bobbin_search_files WHERE store = ANY($1)', [
    stores,
  ]);
  const meant = rows.filter(({ attributes }) => matches(filter, JSON.parse(String(attributes))));
  const chunks = meant.reduce((sum, one) => sum + Number(one.chunks), 0);
  return chunks === 0 ? undefined : { stores, files: meant.map(({ id }) => Number(id)), chunks };
}

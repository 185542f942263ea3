import { matches } from '../../filter.ts';
import type { Scope } from '../../search-index.ts';
import type { Query } from '../connections/connections.ts';

/** Where is searched, as the database is told. */
export interface ScopeInside {
  stores: readonly string[];
  /** The ids of those files of the stores that are meant; all where left out. */
  files?: readonly number[];
}

/** A filter is asked of the attributes as they are now, as in every store. Undefined where there is no file. */
export async function scopeInside(query: Query, { stores, filter }: Scope): Promise<ScopeInside | undefined> {
  if (!filter) return { stores };
  const rows = await query('SELECT id, attributes FROM bobbin_search_files WHERE store = ANY($1)', [stores]);
  const meant = rows.filter(({ attributes }) => matches(filter, JSON.parse(String(attributes))));
  return meant.length === 0 ? undefined : { stores, files: meant.map(({ id }) => Number(id)) };
}

import { Problem } from '../../problem.ts';
import type { SearchIndex } from '../search-index.ts';

/** Says of each call that there is no search over PostgreSQL yet. */
export function noSearchIndex(): SearchIndex {
  const refuse = async (): Promise<never> => {
    throw new Problem('Files cannot be searched over PostgreSQL yet: leave DATABASE_URL out to search them.');
  };
  return {
    put: refuse,
    setAttributes: refuse,
    remove: refuse,
    chunks: refuse,
    candidates: refuse,
    read: refuse,
    walk: refuse,
    withoutVector: refuse,
    addVectors: refuse,
    keepGenerations: refuse,
    count: refuse,
  };
}

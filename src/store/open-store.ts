import { keepFromOthers } from './data-folder.ts';
import { databaseExists, openDatabase } from './sqlite/database.ts';
import { sqliteStore } from './sqlite/store.ts';
import type { Store } from './store.ts';

export interface StoreOptions {
  /** The folder of the SQLite file; created when it is missing. */
  dataDir: string;
  /** `postgres://…`: keep everything there instead. */
  databaseUrl?: string;
  /** The most connections to it, one of which stands for this process among the others; at least 2. */
  poolSize?: number;
}

/** Whether there is one already, as far as can be told without opening it. */
export function hasDatabase({ dataDir, databaseUrl }: StoreOptions): boolean {
  return databaseUrl !== undefined || databaseExists(dataDir);
}

/** Opens the store that the configuration asks for. Throws a `Problem` when it cannot be used. */
export async function openStore({ dataDir, databaseUrl, poolSize }: StoreOptions): Promise<Store> {
  keepFromOthers(dataDir);
  if (databaseUrl === undefined) return sqliteStore(openDatabase(dataDir));
  // Loaded only where it is used, so that the default starts fast.
  const { postgresStore } = await import('./postgres/store.ts');
  return postgresStore(databaseUrl, { ...(poolSize !== undefined && { poolSize }) });
}

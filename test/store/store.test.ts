import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import { memoryStore } from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/store/store.ts';
import { type PostgresServer, startPostgres } from '../sim/postgres.ts';
import { storeContract } from './contract.ts';
import { searchIndexContract } from './search-contract.ts';

describe('the store in memory', () => {
  const store = memoryStore();
  afterAll(() => store.close());
  storeContract(() => store);
  describe('its search index', () => searchIndexContract(() => store.searchIndex));
});

describe('the store in a SQLite file', () => {
  let dataDir: string;
  let store: Store;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'bobbin-'));
    store = await openStore({ dataDir });
  });
  afterAll(async () => {
    await store.close();
    await rm(dataDir, { recursive: true });
  });
  storeContract(() => store);
  describe('its search index', () => searchIndexContract(() => store.searchIndex));
});

describe('the store in PostgreSQL', () => {
  let server: PostgresServer;
  let store: Store;
  beforeAll(async () => {
    server = await startPostgres();
    store = await openStore({ dataDir: '/nowhere', databaseUrl: server.url() });
  });
  afterAll(async () => {
    await store?.close();
    await server?.stop();
  });
  storeContract(() => store);
  describe('its search index', () => searchIndexContract(() => store.searchIndex));
});

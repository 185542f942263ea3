import { afterAll, beforeAll } from 'vitest';
import { openStore } from '../../../src/store/open-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { searchIndexContract } from '../search-contract.ts';
import { postgresScene } from './scene.ts';

const { server } = postgresScene();

let store: Store;
beforeAll(async () => {
  store = await openStore({ dataDir: '/nowhere', databaseUrl: server().url() });
});
afterAll(() => store.close());

searchIndexContract(() => store.searchIndex);

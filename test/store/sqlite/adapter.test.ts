import keyvTestSuite, { keyvIteratorTests } from '@keyv/test-suite';
import { Keyv } from 'keyv';
import * as test from 'vitest';
import { SqliteAdapter } from '../../../src/store/sqlite/adapter.ts';
import { openMemoryDatabase } from '../../../src/store/sqlite/database.ts';

const database = openMemoryDatabase();
test.afterAll(() => database.close());

test.describe("Keyv's own suite passes", () => {
  keyvTestSuite(test, Keyv, () => new SqliteAdapter(database));
  keyvIteratorTests(test, Keyv, () => new SqliteAdapter(database));
});

import { describe, expect, test } from 'vitest';
import { Problem } from '../../../src/problem.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { postgresScene } from './scene.ts';

const { connect, freshDatabase, open, server } = postgresScene();

describe('the tables', () => {
  const refusal = async (database: string) => {
    const error = await open(database).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Problem);
    return (error as Problem).message;
  };

  test('of the release before are brought up to date with all that they hold, by many processes at once', async () => {
    const database = await freshDatabase();
    const inside = await connect(database);
    await inside.query(`CREATE TABLE bobbin (key TEXT PRIMARY KEY, value TEXT);
      INSERT INTO bobbin VALUES ('test:key', '{"value":"kept"}')`);
    const stores = await Promise.all(Array.from({ length: 4 }, () => open(database)));
    for (const [number, store] of stores.entries()) {
      expect(await store.keyv<string>('test').get('key')).toBe('kept');
      expect(await store.queue<string>('test').put({ id: `${number}`, key: 'a', data: '' })).toBe(true);
    }
    expect((await inside.query('SELECT version FROM bobbin_schema')).rows).toEqual([{ version: 4 }]);
  });

  test('are not made by a user who may not, which is told', async () => {
    const database = await freshDatabase();
    const inside = await connect(database);
    await inside.query(
      `CREATE ROLE visitor LOGIN PASSWORD 'secret'; GRANT CREATE ON SCHEMA public TO visitor`,
    );
    const databaseUrl = `postgres://visitor:secret@127.0.0.1:${server().port}/${database}`;
    await expect(openStore({ dataDir: '/nowhere', databaseUrl })).rejects.toThrow(
      new Problem(
        `The user of DATABASE_URL may not create or use the schema "bobbin_queue" in 127.0.0.1:${server().port}/${database}: grant it CREATE on the database.`,
      ),
    );
  });

  test('of a newer release are left alone', async () => {
    const database = await freshDatabase();
    await (await open(database)).close();
    const inside = await connect(database);
    await inside.query('UPDATE bobbin_schema SET version = 5');
    expect(await refusal(database)).toBe(
      `The database of postgres://127.0.0.1:${server().port}/${database} was written by a newer Bobbin: update this one, or point DATABASE_URL to another database.`,
    );
  });

  test.each([
    'CREATE TABLE bobbin (id INTEGER, key TEXT, value TEXT)',
    'CREATE TABLE bobbin_schema (v TEXT)',
  ])('of another program are left alone: %s', async (theirs) => {
    const database = await freshDatabase();
    const inside = await connect(database);
    await inside.query(theirs);
    expect(await refusal(database)).toBe(
      `The database of postgres://127.0.0.1:${server().port}/${database} has a table of another program in the place of "bobbin" or "bobbin_schema": point DATABASE_URL to a database of Bobbin's own.`,
    );
    const tables = `SELECT count(*)::int FROM pg_class WHERE relname LIKE 'bobbin%'`;
    expect((await inside.query(tables)).rows).toEqual([{ count: 1 }]);
  });
});

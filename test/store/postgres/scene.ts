import { Client } from 'pg';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { openStore } from '../../../src/store/open-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { type PostgresServer, startPostgres } from '../../sim/postgres.ts';
import { type PostgresWire, startPostgresWire } from '../../sim/postgres-wire.ts';

/** A PostgreSQL for the tests of one file, and what is opened of it, which is closed after the test. */
export function postgresScene(connections?: number) {
  let server: PostgresServer;
  let databases = 0;
  beforeAll(async () => {
    server = await startPostgres(connections);
  });
  afterAll(() => server?.stop());

  const connect = async (database: string): Promise<Client> => {
    const client = new Client({ connectionString: server.url(database) });
    // The server may be stopped before the connection has ended.
    client.on('error', () => {});
    onTestFinished(() => client.end());
    await client.connect();
    return client;
  };

  /** Runs any SQL in the database `postgres`. */
  const sql = async (text: string): Promise<unknown[]> =>
    (await (await connect('postgres')).query(text)).rows;

  return {
    server: () => server,
    connect,
    sql,

    async open(database = 'postgres', wire?: PostgresWire): Promise<Store> {
      const url = server.url(database);
      const store = await openStore({ dataDir: '/nowhere', databaseUrl: wire ? wire.through(url) : url });
      onTestFinished(() => store.close());
      return store;
    },

    /** A way to the server that can be closed or frozen. */
    async openWire(): Promise<PostgresWire> {
      const wire = await startPostgresWire(server.port);
      onTestFinished(() => wire.close());
      return wire;
    },

    /** Cuts the connections to a database that call themselves so. */
    cut: (database: string, name: string) =>
      sql(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}' AND application_name = '${name}'`,
      ),

    async freshDatabase(): Promise<string> {
      const name = `fresh${databases++}`;
      await server.createDatabase(name);
      return name;
    },
  };
}

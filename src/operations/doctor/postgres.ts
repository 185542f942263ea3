import { Client } from 'pg';
import { POOL_SIZE } from '../../store/postgres-connections.ts';
import { addressOf, explain } from '../../store/postgres-errors.ts';
import { broken, type Finding, limited, well } from './finding.ts';

/** For a connection and for each answer, in ms: who waits for longer knows enough. */
const PATIENCE_MS = 10_000;

/** What pg-boss needs: https://github.com/timgit/pg-boss#requirements */
const LEAST_VERSION = 13;

const FACTS = `
  SELECT current_setting('server_version') AS version,
    current_setting('server_version_num')::int / 10000 AS major,
    current_setting('transaction_read_only') = 'on' AS is_read_only,
    has_schema_privilege(current_schema(), 'CREATE') AS may_create,
    to_regclass('bobbin') IS NOT NULL AS has_table,
    (SELECT count(*)::int FROM information_schema.columns
      WHERE table_schema = current_schema() AND table_name = 'bobbin' AND column_name IN ('key', 'value')) AS columns,
    current_setting('max_connections')::int AS most,
    (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend') AS used,
    (SELECT count(*)::int FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'bobbin') AS ours`;

interface Facts {
  version: string;
  major: number;
  is_read_only: boolean;
  /** Null where there is no schema to create something in. */
  may_create: boolean | null;
  has_table: boolean;
  columns: number;
  most: number;
  used: number;
  ours: number;
}

/** Looks at the database in which everything is kept, and changes nothing. Throws a `Problem` when it lets nobody in. */
export async function* examinePostgres(databaseUrl: string, poolSize = POOL_SIZE): AsyncGenerator<Finding> {
  const address = addressOf(databaseUrl);
  const facts = await factsOf(databaseUrl).catch((error: unknown) => {
    throw explain(error, address);
  });
  yield version(facts, address);
  yield facts.is_read_only
    ? broken(`PostgreSQL at ${address} is read-only: point DATABASE_URL to the primary server.`)
    : well('It can be written to.');
  yield table(facts, address);
  yield connections(facts, poolSize);
}

async function factsOf(databaseUrl: string): Promise<Facts> {
  const client = new Client({
    connectionString: databaseUrl,
    application_name: 'bobbin doctor',
    connectionTimeoutMillis: PATIENCE_MS,
    query_timeout: PATIENCE_MS,
  });
  // A connection that breaks tells those who ask; without a listener it would end the process.
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query<Facts>(FACTS)).rows[0] as Facts;
  } finally {
    await client.end().catch(() => {});
  }
}

function version({ version, major }: Facts, address: string): Finding {
  if (major >= LEAST_VERSION) return well(`PostgreSQL ${version} answers at ${address}.`);
  return broken(
    `PostgreSQL at ${address} is version ${version}, and Bobbin needs ${LEAST_VERSION} or later: upgrade it.`,
  );
}

function table({ has_table, columns, may_create }: Facts, address: string): Finding {
  if (has_table && columns < 2)
    return broken(
      `The table "bobbin" in ${address} is not Bobbin's: correct the name of the database in DATABASE_URL.`,
    );
  if (has_table) return well('The table is there.');
  if (may_create) return well('The table is not there yet: the first start creates it.');
  return broken(
    `The user of DATABASE_URL may not create a table in ${address}: grant it CREATE on the schema.`,
  );
}

function connections({ most, used, ours }: Facts, poolSize: number): Finding {
  const told = `${used} of ${most} connections are in use, ${ours} of them by running Bobbins`;
  if (most - used >= poolSize) return well(`${told}.`);
  return limited(
    `${told}, and a Bobbin opens up to ${poolSize}: raise max_connections, or set DATABASE_POOL_SIZE to less.`,
  );
}

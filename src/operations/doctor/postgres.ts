import { Client } from 'pg';
import { POOL_SIZE } from '../../store/postgres/connections/connections.ts';
import {
  addressOf,
  adviceOn,
  explain,
  OF_A_NEWER_BOBBIN,
  OF_ANOTHER_PROGRAM,
} from '../../store/postgres/connections/errors.ts';
import { BOSS_SCHEMA } from '../../store/postgres/queue/boss.ts';
import { SCHEMA_VERSION } from '../../store/postgres/schema.ts';
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
    to_regnamespace('${BOSS_SCHEMA}') IS NOT NULL AS has_queue,
    has_database_privilege(current_database(), 'CREATE') AS may_create_schema,
    to_regclass('bobbin_schema') IS NOT NULL AS has_version,
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
  has_queue: boolean;
  may_create_schema: boolean;
  has_version: boolean;
  /** Of the schema; undefined in a database that is empty or of an early Bobbin. */
  schema?: number;
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
  yield tables(facts, address);
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
    const facts = (await client.query<Facts>(FACTS)).rows[0] as Facts;
    if (!facts.has_version) return facts;
    const { rows } = await client.query<{ version: number }>(
      'SELECT max(version) AS version FROM bobbin_schema',
    );
    return { ...facts, ...(rows[0] && { schema: rows[0].version }) };
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

function tables({ has_table, columns, schema = 1, ...may }: Facts, address: string): Finding {
  if (has_table && columns < 2) return broken(adviceOn(OF_ANOTHER_PROGRAM, address));
  if (schema > SCHEMA_VERSION) return broken(adviceOn(OF_A_NEWER_BOBBIN, address));
  if (!has_table && !may.may_create)
    return broken(
      `The user of DATABASE_URL may not create a table in ${address}: grant it CREATE on the schema.`,
    );
  if (!may.has_queue && !may.may_create_schema)
    return broken(
      `The user of DATABASE_URL may not create the schema "${BOSS_SCHEMA}" in ${address}: grant it CREATE on the database.`,
    );
  if (!has_table) return well('The tables are not there yet: the first start creates them.');
  if (schema < SCHEMA_VERSION)
    return well(
      `The tables are of an earlier Bobbin (schema ${schema}): the next start brings them up to date.`,
    );
  return well(`The tables are there (schema ${schema}).`);
}

function connections({ most, used, ours }: Facts, poolSize: number): Finding {
  const told = `${used} of ${most} connections are in use, ${ours} of them by running Bobbins`;
  if (most - used >= poolSize) return well(`${told}.`);
  return limited(
    `${told}, and a Bobbin opens up to ${poolSize}: raise max_connections, or set DATABASE_POOL_SIZE to less.`,
  );
}

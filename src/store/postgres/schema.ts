import { WALKED } from '../store.ts';
import type { Query } from './connections/connections.ts';
import { OF_A_NEWER_BOBBIN, OF_ANOTHER_PROGRAM } from './connections/errors.ts';
import { SEARCH_TABLES } from './search/schema.ts';

/** The table of everything that Keyv keeps. */
export const TABLE = 'bobbin';

/**
 * Counted up with every change of the tables below and with every release of pg-boss that changes its own, so that an
 * older Bobbin leaves a newer database alone. 1 had no `bobbin_schema`, 2 nothing
 * to search, 3 no headings that were told apart.
 */
export const SCHEMA_VERSION = 4;

/** Any number that all copies of Bobbin share: it lets one of them at a time set up the tables. */
export const SETUP_LOCK = 7_266_224;

/**
 * What can expire is found by how its text begins: `{"expires":` and thirteen digits, which sort as text as they
 * do as numbers until the year 2286. The index makes the purge cheap in a table of any size.
 */
export const expiring = (column: string) => ({
  isSo: `left(${column}, 11) = '{"expires":'`,
  at: `left(${column}, 24) COLLATE "C"`,
});
export const { isSo: EXPIRING, at: EXPIRES } = expiring('value');

/** A database may sort text in the way of a language, in which a namespace's keys need not stand together. */
export const BYTES = 'key COLLATE "C"';

export const NAMESPACE = "split_part(key, ':', 1)";

/** Of the namespaces that are walked alone: for the others each write would keep up one index more. */
const IS_WALKED = `${NAMESPACE} IN (${WALKED.map((name) => `'${name}'`).join(', ')})`;

/** The columns of a table that is there, in the order of their names; null when it is not. */
const columns = (table: string) => `(SELECT array_agg(attname::text ORDER BY attname)
  FROM pg_attribute WHERE attrelid = to_regclass('${table}') AND attnum > 0 AND NOT attisdropped)`;

const refuse = (sqlstate: string) => `RAISE EXCEPTION 'refused' USING ERRCODE = '${sqlstate}'`;

/** All of it or nothing, and one process at a time. */
const SETUP = `DO $setup$ BEGIN
  PERFORM pg_advisory_xact_lock(${SETUP_LOCK});
  IF ${columns(TABLE)} <> '{key,value}' OR ${columns('bobbin_schema')} <> '{version}' THEN
    ${refuse(OF_ANOTHER_PROGRAM)};
  END IF;
  CREATE TABLE IF NOT EXISTS bobbin_schema (version INTEGER NOT NULL);
  IF (SELECT max(version) FROM bobbin_schema) > ${SCHEMA_VERSION} THEN
    ${refuse(OF_A_NEWER_BOBBIN)};
  END IF;
  CREATE TABLE IF NOT EXISTS ${TABLE} (key TEXT PRIMARY KEY, value TEXT);
  CREATE INDEX IF NOT EXISTS ${TABLE}_expires ON ${TABLE} ((${EXPIRES})) WHERE ${EXPIRING};
  CREATE INDEX IF NOT EXISTS ${TABLE}_walked ON ${TABLE} (${BYTES}) WHERE ${IS_WALKED};
  CREATE TABLE IF NOT EXISTS bobbin_claims (
    queue TEXT NOT NULL, key TEXT NOT NULL, process INTEGER,
    begun BOOLEAN NOT NULL DEFAULT true, more BOOLEAN NOT NULL DEFAULT false, PRIMARY KEY (queue, key)
  );
  ${SEARCH_TABLES}
  IF (SELECT max(version) FROM bobbin_schema) IS DISTINCT FROM ${SCHEMA_VERSION} THEN
    DELETE FROM bobbin_schema;
    INSERT INTO bobbin_schema VALUES (${SCHEMA_VERSION});
  END IF;
END $setup$`;

/**
 * Creates what is missing in the database and brings the rest up to date. Rejects with a `StoreProblem` when the database
 * is another program's or a newer Bobbin's, or when the user may not.
 */
export async function setUpSchema(query: Query): Promise<void> {
  await query(SETUP);
}

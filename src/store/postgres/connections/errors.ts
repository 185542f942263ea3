import { Problem } from '../../../problem.ts';
import { StoreProblem } from '../../store-problem.ts';

/** Where a database is, as far as it may be shown: never the password. Throws a `Problem` for what is no URL. */
export function addressOf(databaseUrl: string): string {
  if (!URL.canParse(databaseUrl)) {
    throw new Problem(
      'DATABASE_URL is not an address: write postgres://user:password@host:5432/database, with every special character of the password percent-encoded.',
    );
  }
  const { host, pathname } = new URL(databaseUrl);
  return `${host}${pathname}`;
}

/** What our own setup of the tables refuses, as SQLSTATEs that PostgreSQL does not use. */
export const OF_ANOTHER_PROGRAM = 'BOB01';
export const OF_A_NEWER_BOBBIN = 'BOB02';

/** What to tell for each SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const ADVICE: Record<string, (address: string) => string> = {
  '28P01': (address) =>
    `PostgreSQL at ${address} refuses the user or the password: correct them in DATABASE_URL.`,
  '28000': (address) =>
    `PostgreSQL at ${address} does not let this user in from here: correct the user in DATABASE_URL, or allow it in pg_hba.conf.`,
  '3D000': (address) =>
    `The database of postgres://${address} does not exist: create it with "CREATE DATABASE", or correct its name in DATABASE_URL.`,
  '42501': (address) =>
    `The user of DATABASE_URL may not create or use a table in ${address}: grant it CREATE on the schema.`,
  '53100': (address) =>
    `The disk of PostgreSQL at ${address} is full: free some space there. What was kept before is safe.`,
  '53300': (address) =>
    `PostgreSQL at ${address} has no connection left: raise its max_connections, or run fewer copies of Bobbin.`,
  '25006': (address) => `PostgreSQL at ${address} is read-only: point DATABASE_URL to the primary server.`,
  [OF_ANOTHER_PROGRAM]: (address) =>
    `The database of postgres://${address} has a table of another program in the place of "bobbin" or "bobbin_schema": point DATABASE_URL to a database of Bobbin's own.`,
  [OF_A_NEWER_BOBBIN]: (address) =>
    `The database of postgres://${address} was written by a newer Bobbin: update this one, or point DATABASE_URL to another database.`,
  '57P01': (address) => `PostgreSQL at ${address} is shutting down: try again when it is back.`,
  '57P03': (address) => `PostgreSQL at ${address} is starting or stopping: try again in a moment.`,
};

/** What to do about one of the two. */
export function adviceOn(
  code: typeof OF_ANOTHER_PROGRAM | typeof OF_A_NEWER_BOBBIN,
  address: string,
): string {
  return ADVICE[code]?.(address) ?? code;
}

/** Whether the database has no connection left for us, for now: `too_many_connections`. */
export function isCrowded(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '53300';
}

/** What Node's network errors are called. */
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** Turns an error of `pg` into a `Problem` where a person can put it right; returns any other as it is. */
export function explain(error: unknown, address: string): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error ? String(error.code) : undefined;
  const advice = code === undefined ? undefined : ADVICE[code];
  if (advice) return new StoreProblem(advice(address), { cause: error });
  const reason = code !== undefined && NETWORK.has(code) ? code : connectionLoss(error);
  if (reason === undefined) return error;
  return new StoreProblem(
    `PostgreSQL at ${address} cannot be reached (${reason}): check that it runs, and the host and port in DATABASE_URL.`,
    { cause: error },
  );
}

/** `pg` gives no code to connections that end or never come, only these sentences. */
function connectionLoss({ message }: Error): string | undefined {
  return /^(timeout|connection) (exceeded|expired|terminated)|^query read timeout/i.test(message)
    ? message.toLowerCase()
    : undefined;
}

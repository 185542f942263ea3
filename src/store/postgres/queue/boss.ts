import { setTimeout as sleep } from 'node:timers/promises';
import { PgBoss } from 'pg-boss';
import { DEDUPE_MS } from '../../queue.ts';
import { StoreProblem } from '../../store-problem.ts';
import type { Connections } from '../connections/connections.ts';
import { SETUP_LOCK } from '../schema.ts';
import type { Presence } from '../session/presence.ts';
import type { Session } from '../session/session.ts';

/** The schema in which pg-boss keeps its tables. */
export const BOSS_SCHEMA = 'bobbin_queue';

const HOUR_S = 60 * 60;

/** Between two looks whether another process has set up the tables, in ms. */
const SETUP_PAUSE_MS = 50;

/**
 * How pg-boss keeps our entries. Its own limits are set beyond reach: by default it would delete what waits for two weeks,
 * take a conversation away from who works on it after a quarter of an hour, and block it for good after two retries.
 */
export const BOSS_QUEUE = {
  policy: 'key_strict_fifo',
  notify: true,
  deleteAfterSeconds: DEDUPE_MS / 1_000,
  retentionSeconds: 10 * 365 * 24 * HOUR_S,
  // The most that it takes; then its claim is still kept by `bobbin_claims`.
  expireInSeconds: 24 * HOUR_S,
  retryLimit: 2 ** 31 - 1,
  retryDelay: 0,
} as const;

/** pg-boss over connections of ours, and the channel on which it tells of new entries. */
export interface Boss {
  boss: PgBoss;
  channel: string;
}

/** Starts pg-boss, whose tables are created or brought up to date by one process at a time. */
export async function openBoss(
  connections: Connections,
  presence: Presence,
  session: Session,
): Promise<Boss> {
  let channel = '';
  const boss = new PgBoss({
    db: {
      executeSql: (sql, values) => connections.run(sql, values),
      listen: async (name) => {
        channel = name;
        await presence.listen(name);
        return { close: async () => {} };
      },
    },
    schema: BOSS_SCHEMA,
    useListenNotify: true,
    // Its maintenance is part of ours, see `store.ts`; for the rest of its timers there is nothing to do here.
    supervise: false,
    schedule: false,
    registerInstance: false,
    maintenanceIntervalSeconds: HOUR_S,
  });
  // What goes wrong in the background is tried again; without a listener it ends the process.
  boss.on('error', () => {});
  await alone(session, () => boss.start()).catch((error: unknown) => {
    throw isForbidden(error)
      ? new StoreProblem(
          `The user of DATABASE_URL may not create or use the schema "${BOSS_SCHEMA}" in ${connections.address}: grant it CREATE on the database.`,
          { cause: error },
        )
      : error;
  });
  return { boss, channel };
}

/** `insufficient_privilege`, as `explain` has told it. */
function isForbidden(error: unknown): boolean {
  return error instanceof StoreProblem && Object(error.cause).code === '42501';
}

async function alone(session: Session, work: () => Promise<unknown>): Promise<void> {
  const isMine = async () =>
    (await session.query(`SELECT pg_try_advisory_lock(${SETUP_LOCK}) AS got`))[0]?.got === true;
  while (!(await isMine())) await sleep(SETUP_PAUSE_MS);
  try {
    await work();
  } finally {
    await session.query(`SELECT pg_advisory_unlock(${SETUP_LOCK})`);
  }
}

import type { Platform } from '../../platform.ts';
import { within } from './within.ts';

/** Says why a part does not work at the moment, in a sentence that strangers may read; undefined when it does. */
export type Check = () => string | undefined | Promise<string | undefined>;

/** What has to work for messages to be answered, by name. */
export type Checks = Readonly<Record<string, Check>>;

export interface Readiness {
  readonly ready: boolean;
  /** `ok`, or why not. */
  readonly parts: Readonly<Record<string, string>>;
}

/** For an answer of one part, in ms: who asks for readiness waits seldom longer. */
const PATIENCE_MS = 4_000;

const LATE = `It has not answered for ${PATIENCE_MS / 1_000} seconds.`;

/** For everything else: its own words may name hosts and paths, which whoever reaches the port need not know. */
const FAILS = 'It fails, and the log says why.';

/** Looks at all parts at once. */
export async function readinessOf(checks: Checks): Promise<Readiness> {
  const looks = Object.entries(checks).map(async ([name, check]) => [name, await reasonOf(check)] as const);
  const found = await Promise.all(looks);
  return {
    ready: found.every(([, reason]) => reason === undefined),
    parts: Object.fromEntries(found.map(([name, reason]) => [name, reason ?? 'ok'])),
  };
}

/** A check of a part that has no word for its trouble: it works where the call is answered. @param onError For the log. */
export function answers(call: () => Promise<unknown>, onError: (error: unknown) => void): Check {
  return async () => {
    try {
      await call();
      return undefined;
    } catch (error) {
      onError(error);
      return FAILS;
    }
  };
}

/** A check of a part that has told the log of its trouble already. */
export function works(problem: () => Promise<string | undefined>): Check {
  return async () => ((await problem()) === undefined ? undefined : FAILS);
}

/** A check of each platform's connection, by the platform's name. */
export function connectionsOf(platforms: readonly Platform[]): Checks {
  return Object.fromEntries(
    platforms.map((platform) => [
      platform.name,
      () => (platform.isConnected === false ? 'Its connection is down, and is made again.' : undefined),
    ]),
  );
}

async function reasonOf(check: Check): Promise<string | undefined> {
  const late = new Error(LATE);
  try {
    return await within(PATIENCE_MS, (async () => check())(), () => late);
  } catch (error) {
    return error === late ? LATE : FAILS;
  }
}

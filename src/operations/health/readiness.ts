import type { Platform } from '../../platform.ts';
import { Problem } from '../../problem.ts';
import { within } from './within.ts';

/** Says why a part does not work at the moment, in a sentence for whoever runs Bobbin; undefined when it does. */
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

/** A sentence for failures that nobody foresaw, whose words may hold anything. */
const UNFORESEEN = 'It fails, and nobody foresaw how.';

/** Looks at all parts at once. */
export async function readinessOf(checks: Checks): Promise<Readiness> {
  const looks = Object.entries(checks).map(async ([name, check]) => [name, await reasonOf(check)] as const);
  const found = await Promise.all(looks);
  return {
    ready: found.every(([, reason]) => reason === undefined),
    parts: Object.fromEntries(found.map(([name, reason]) => [name, reason ?? 'ok'])),
  };
}

/** A check of a part that has no word for its trouble: it works where the call is answered. */
export function answers(call: () => Promise<unknown>): Check {
  return async () => {
    await call();
    return undefined;
  };
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
  const late = () => new Problem(`It has not answered for ${PATIENCE_MS / 1_000} seconds.`);
  try {
    return await within(PATIENCE_MS, (async () => check())(), late);
  } catch (error) {
    return error instanceof Problem ? error.message : UNFORESEEN;
  }
}

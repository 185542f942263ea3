import { setTimeout as sleep } from 'node:timers/promises';

/** Between two attempts, in ms; each further pause is twice as long, up to the last. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/** A database that is started anew, or hands over to another, takes less, in ms: nobody need be told. */
export const SHORT_OUTAGE_MS = 20_000;

/** A platform's outage may last minutes, in ms: nothing is given up before. */
export const LONG_OUTAGE_MS = 10 * 60_000;

export interface PersistOptions {
  /** Ends it: what then comes is undefined. */
  signal: AbortSignal;
  /** After so many milliseconds the next error is thrown; never when left out. */
  withinMs?: number;
  /** Throws where another attempt would bring the same. */
  onError: (error: unknown) => void;
}

/** Tries until it works. */
export async function persist<T>(task: () => Promise<T>, options: PersistOptions): Promise<T | undefined> {
  const { signal, withinMs = Number.POSITIVE_INFINITY, onError } = options;
  const patience = performance.now() + withinMs;
  for (let pause = FIRST_PAUSE_MS; !signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return await task();
    } catch (error) {
      if (performance.now() > patience) throw error;
      onError(error);
      await sleep(pause, undefined, { signal }).catch(() => {});
    }
  }
  return undefined;
}

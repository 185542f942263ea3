import { setTimeout as sleep } from 'node:timers/promises';
import { isPassing } from './outcome.ts';

/** Between two attempts, in ms. */
const PAUSE_MS = 500;

export interface InsistOptions {
  /** How long a server may fail without any progress, in ms. */
  patienceMs: number;
  /** What changes when an attempt gets somewhere. */
  progress: () => unknown;
  /** Ends it: then the error is thrown. */
  signal: AbortSignal;
  onError: (error: unknown) => void;
}

/** Tries again while a server fails for a moment; throws every other error, and that one when it fails for too long. */
export async function insist<T>(attempt: () => Promise<T>, options: InsistOptions): Promise<T> {
  const { patienceMs, progress, signal, onError } = options;
  for (let patience = patienceMs; ; patience -= PAUSE_MS) {
    const before = progress();
    const began = performance.now();
    try {
      return await attempt();
    } catch (error) {
      patience = before === progress() ? patience - (performance.now() - began) : patienceMs;
      if (signal.aborted || !isPassing(error) || patience <= 0) throw error;
      onError(error);
      await sleep(PAUSE_MS, undefined, { signal });
    }
  }
}

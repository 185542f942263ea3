export type { Replicas } from '../budget.ts';

/** Short messages to every process that shares the store, this one among them. */
export interface Signals {
  /**
   * Tells everybody who listens now; who is cut off from the database is not told later. Throws a RangeError when topic
   * and text take more than `MOST_SIGNAL_BYTES` together, written as JSON.
   */
  send(topic: string, text: string): Promise<void>;
  /** Calls `listener`, which does not throw, with each text that is sent; the function that it gives back ends that. */
  on(topic: string, listener: (text: string) => void): () => void;
}

/** What PostgreSQL takes in one notification: https://www.postgresql.org/docs/current/sql-notify.html */
export const MOST_SIGNAL_BYTES = 7_999;

/** A signal as one text. Throws a RangeError when it is too long. */
export function writeSignal(topic: string, text: string): string {
  const signal = JSON.stringify([topic, text]);
  if (Buffer.byteLength(signal) <= MOST_SIGNAL_BYTES) return signal;
  throw new RangeError(`A signal of "${topic}" is longer than ${MOST_SIGNAL_BYTES} bytes.`);
}

/**
 * How long an entry is known after it is done, in ms: Slack delivers an event again for up to 24 hours
 * (https://docs.slack.dev/apis/events-api/#retries), and may be late with it.
 */
export const DEDUPE_MS = 26 * 60 * 60 * 1_000;

/** Before a key whose work has come to the end of nothing is given out again, in ms: what kept it may be over then. */
export const RETRY_PAUSE_MS = 500;

/** Something that is to be worked on. */
export interface Entry<T> {
  /** Put twice within 26 hours, an entry is one: Slack delivers an event again for up to 24 hours. */
  readonly id: string;
  /** Entries of one key are worked on one after the other, in the order in which they were put. */
  readonly key: string;
  /** JSON. */
  readonly data: T;
}

/**
 * Entries that are kept until they are done, whatever becomes of the process that put them or works on them. Each key is
 * given to one worker at a time, among all processes that share the store. Every call rejects when the database fails.
 */
export interface Queue<T> {
  /** Keeps an entry behind those of its key; safe when the promise resolves. False when it was put before. */
  put(entry: Entry<T>): Promise<boolean>;
  /**
   * Gives each key with entries to `work`, as soon as nobody else has it, those that were begun before first; once in a
   * process, or again after `stop`. An entry may be given out while `put` still keeps it. A key that still has entries
   * when its work is over is given out again, after a pause when none was done. `work` never rejects, and comes to its end
   * when its claim is lost.
   */
  start(work: (claim: Claim<T>) => Promise<void>): Promise<void>;
  /**
   * Gives out no more keys; what is put from now on is left to other processes, and to the next start. Work that runs goes
   * on; a key that has entries when it is over is given back.
   */
  stop(): Promise<void>;
  /** How many entries are not done. */
  depth(): Promise<number>;
  /**
   * The keys of entries that were put since then (Unix time in ms, at most 26 hours ago), the newest first, and when their
   * last one was put.
   */
  keysSince(time: number): Promise<Map<string, number>>;
  /** The keys of entries that are not done, in no order. */
  keysWaiting(): Promise<string[]>;
  /** Deletes all entries of a key, also those that are done; how many they were. */
  forget(key: string): Promise<number>;
}

/** A key that one worker has. */
export interface Claim<T> {
  readonly key: string;
  /**
   * Whether somebody had it before who did not come to the end of its entries, in this process or another: what was done
   * for them may be half done. It may be true without need where a process died just before or after its work.
   */
  readonly isTakenOver: boolean;
  /**
   * Aborted when the claim is lost, since this process could not say in time that it is alive, or has closed the store:
   * others may have it.
   */
  readonly lost: AbortSignal;
  /** The entries that are not done, oldest first; none when they were forgotten meanwhile. */
  entries(): Promise<Entry<T>[]>;
  /** Says whether its work only waits for now, as keys do that nobody has: others are given out as if it was not there. */
  idle(isIdle: boolean): void;
  /** They need no more work, whether or not `entries` has given them. Rejects when the claim is lost. */
  done(ids: readonly string[]): Promise<void>;
}

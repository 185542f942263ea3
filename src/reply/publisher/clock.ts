/** The most milliseconds that Node's timers can wait; with more they end at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Where time comes from, so that tests can let it pass as they like. */
export interface Clock {
  /** Milliseconds; never goes back. */
  now(): number;
  /**
   * Calls `task` once after so many milliseconds, about 24 days at most, unless the function that it gives back is
   * called before.
   */
  after(ms: number, task: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, task) => {
    const timer = setTimeout(task, Math.min(Math.ceil(ms), LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  },
};

/** Where time comes from, so that tests can let it pass as they like. */
export interface Clock {
  /** Milliseconds; never goes back. */
  now(): number;
  /** Calls `task` once after at least so many milliseconds, unless the function that it gives back is called before. */
  after(ms: number, task: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, task) => {
    const timer = setTimeout(task, Math.ceil(ms));
    return () => clearTimeout(timer);
  },
};

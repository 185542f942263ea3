/** The most that a timer takes, in ms: https://nodejs.org/api/timers.html#setintervalcallback-delay-args */
const LONGEST_MS = 2 ** 31 - 1;

/** Keeps the process until the work is done, which may wait for what does not hold it, such as another thread. */
export async function holding<T>(work: () => Promise<T>): Promise<T> {
  const held = setInterval(() => {}, LONGEST_MS);
  try {
    return await work();
  } finally {
    clearInterval(held);
  }
}

/** How often the event loop has come round while something was done: what holds it up leaves none. */
export async function roundsDuring(work: () => Promise<unknown>): Promise<number> {
  let rounds = 0;
  let next = setImmediate(function count() {
    rounds++;
    next = setImmediate(count);
  });
  try {
    await work();
    return rounds;
  } finally {
    clearImmediate(next);
  }
}

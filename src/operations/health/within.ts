/** Waits for a promise, but no longer than so many milliseconds, after which `late` is thrown. */
export async function within<T>(ms: number, promise: Promise<T>, late: () => Error): Promise<T> {
  const { promise: never, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(late()), ms);
  return Promise.race([promise, never]).finally(() => clearTimeout(timer));
}

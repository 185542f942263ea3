/** The results of what goes on at the same time; of several failures it throws the one that comes first in the list. */
export async function together<T extends readonly unknown[]>(
  ...tasks: T
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(tasks);
  return Promise.all(tasks);
}

/** Waits for a task; its failure is for whoever awaits it later. */
export async function settled(task: Promise<unknown>): Promise<void> {
  await Promise.allSettled([task]);
}

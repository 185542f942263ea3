import { setImmediate as turn } from 'node:timers/promises';

/** So many entries are written, or walked, in one go: a store may hold up everything for some ms meanwhile. */
export const SLICE = 100;

/** So many are read in one go, which takes a tenth as long; of another machine each reading is a way there and back. */
const READ_SLICE = 1_000;

/** Does `work` for slices of the items, one after the other, and lets others in between; gives all results in order. */
export async function inSlices<T, R>(
  items: readonly T[],
  work: (slice: T[]) => Promise<readonly R[]>,
  size = READ_SLICE,
): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += size) {
    if (from > 0) await turn();
    for (const result of await work(items.slice(from, from + size))) results.push(result);
  }
  return results;
}

/** The same for what is written, of which nothing is to be had. */
export async function eachSlice<T>(
  items: readonly T[],
  work: (slice: T[]) => Promise<unknown>,
): Promise<void> {
  const nothing = async (slice: T[]) => {
    await work(slice);
    return [];
  };
  await inSlices(items, nothing, SLICE);
}

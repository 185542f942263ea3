/** Something that has a place in a list which arrives piece by piece, in any order. */
export interface Indexed {
  readonly index: number;
}

/**
 * The highest index that is believed. An answer holds a handful of contents, calls and outputs; a server that
 * counts further is broken or hostile, and each piece costs a copy of its list.
 */
export const MAX_INDEX = 999;

/** Whether an index from the wire can be used as one. */
export function isIndex(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_INDEX;
}

/** The list, sorted by index, with what `change` makes of the element at `index`; undefined leaves it as it is. */
export function place<T extends Indexed>(
  list: readonly T[],
  index: unknown,
  change: (current: T | undefined) => T | undefined,
): readonly T[] {
  if (!isIndex(index)) return list;
  let at = list.length;
  while (at > 0 && (list[at - 1]?.index ?? 0) >= index) at -= 1;
  const current = list[at]?.index === index ? list[at] : undefined;
  const changed = change(current);
  if (changed === undefined || changed === current) return list;
  return current === undefined ? list.toSpliced(at, 0, changed) : list.with(at, changed);
}

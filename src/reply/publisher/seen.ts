import type { Call } from '../../platform.ts';
import type { Part, PlacedCall, View } from '../../view.ts';

/** What people see of a reply, or may see: a call that failed may have worked all the same. */
export type Seen = Pick<View, 'parts' | 'calls' | 'files'>;

export const NOTHING_SEEN: Seen = { parts: [], calls: [], files: [] };

/** What people see after a call that brought them closer to `view`. */
export function seenAfter(before: Seen, view: View, call: Call): Seen {
  const shown = view.parts.slice(0, call.shows);
  const parts = [...shown, ...before.parts.slice(shown.length)];
  const known = new Set([...before.files.map(({ id }) => id), ...(call.files ?? [])]);
  return {
    parts,
    calls: callsWithin(view.calls, parts),
    files: view.files.filter(({ id }) => known.has(id)),
  };
}

/** Whether people see all that a view holds. */
export function seesAll(seen: Seen, view: View): boolean {
  const isSame = (part: Part, index: number) => part.text === seen.parts[index]?.text;
  return seen.files.length === view.files.length && view.parts.every(isSame);
}

/** The calls that stand in these parts. */
function callsWithin(calls: readonly PlacedCall[], parts: readonly Part[]): PlacedCall[] {
  const end = parts.reduce((sum, { source }) => sum + source.length, 0);
  return calls.filter(({ at }) => at <= end);
}

import type { Part } from '../../view.ts';

/**
 * A call after which a message is whole counts as much as so many others: every message needs that one, and others have
 * to be made again. Not without end, so that nobody waits for ever; with 10, what grows evenly waits three times as long.
 */
const WHOLE = 10;

/** What a reply says by now, and what people see of it. */
export interface Backlog {
  readonly parts: readonly Part[];
  /** Characters that are not laid out yet. */
  readonly grown: number;
  /** Characters that people see. */
  readonly shown: number;
  /** Milliseconds since they last saw something new. */
  readonly waitedMs: number;
}

/**
 * How urgent the next call for a reply is: about as many characters as people don't see, and more if it makes a message
 * whole, times how long they have waited.
 * @param limit Characters that fit into one message.
 */
export function urgencyOf(backlog: Backlog, limit: number): number {
  const { parts, grown, shown, waitedMs } = backlog;
  const missing = charactersOf(parts) + grown - shown;
  return Math.max(1, missing) * (makesWhole(backlog, limit) ? WHOLE : 1) * waitedMs;
}

/** The characters of parts as they stand in the reply's Markdown. */
export function charactersOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { source }) => sum + source.length, 0);
}

/** Whether the first message that people don't see all of has no room for more. */
function makesWhole({ parts, grown, shown }: Backlog, limit: number): boolean {
  let seen = shown;
  for (const { source } of parts.slice(0, -1)) {
    seen -= source.length;
    if (seen < 0) return true;
  }
  return (parts.at(-1)?.source.length ?? 0) + grown > limit;
}

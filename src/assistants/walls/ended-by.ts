import { constants } from 'node:os';

/** A tool that waited for its child ends with this and the number of the signal that ended the child. */
const BY_SIGNAL = 128;

/** The signal that ended a child, also where a tool stands before it. */
export function endedBy(code: number | null, signal: NodeJS.Signals | null): string | undefined {
  if (signal !== null) return signal;
  const number = (code ?? 0) - BY_SIGNAL;
  return Object.entries(constants.signals).find(([, each]) => each === number)?.[0];
}

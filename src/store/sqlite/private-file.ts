import { closeSync, openSync } from 'node:fs';

/**
 * Makes an empty file for its owner's eyes only where there is none, since conversations and sign-ins come into it: whoever
 * opened a more open one in time could read on for ever. What SQLite makes beside it has the same rights.
 */
export function makePrivate(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch {
    // It is there, or SQLite says why it can't be made.
  }
}

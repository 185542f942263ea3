import { DEFAULT_LIMITS } from '../../../src/assistants/code-interpreter/limits.ts';
import { Snapshot } from '../../../src/assistants/code-interpreter/snapshot.ts';
import { CACHE } from './python.ts';

/**
 * Runs once before all tests and makes the snapshot from which they start Python. In a fresh clone each file would else
 * make one of its own, all at the same time, and keep a small machine from everything else.
 */
export default async function makeSnapshot(): Promise<void> {
  await new Snapshot(CACHE, DEFAULT_LIMITS).path();
}

import { WAYS_TO_FILES } from './files.ts';
import { WAYS_TO_JAVASCRIPT } from './javascript.ts';
import { WAYS_TO_MEMORY } from './memory.ts';
import { WAYS_TO_THE_NETWORK } from './network.ts';
import { WAYS_TO_PROCESSES } from './processes.ts';
import type { WayOut } from './way-out.ts';

/** What code tries that has no packages. */
export const WAYS_OUT: WayOut[] = [
  ...WAYS_TO_FILES,
  ...WAYS_TO_THE_NETWORK,
  ...WAYS_TO_PROCESSES,
  ...WAYS_TO_JAVASCRIPT,
  ...WAYS_TO_MEMORY,
];

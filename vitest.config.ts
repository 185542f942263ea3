import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.ts';

/** Tests wait for sockets and child processes more than they compute, so a small machine does several at once, too. */
const FEWEST_WORKERS = 4;

/** How long a test may take, and wait for one thing, where many run on a small machine; only a failure takes as long. */
const PATIENCE_MS = 120_000;
const PATIENCE_FOR_ONE_MS = 60_000;

/** How often it looks for what it waits for. */
const LOOK_MS = 10;

export default defineConfig({
  test: {
    include: ['{test,functions}/**/*.test.ts'],
    globalSetup: 'test/assistants/code-interpreter/make-snapshot.ts',
    setupFiles: 'test/property-seed.ts',
    // Functions of the team are loaded by Node itself, as they are in production.
    server: { deps: { external: [/\/import-module\.ts$/] } },
    // Tests share no state of modules, and to load them anew for each file takes a fifth of the time.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    maxWorkers: Math.max(FEWEST_WORKERS, availableParallelism()),
    testTimeout: PATIENCE_MS,
    hookTimeout: PATIENCE_MS,
    expect: { poll: { timeout: PATIENCE_FOR_ONE_MS, interval: LOOK_MS } },
  },
});

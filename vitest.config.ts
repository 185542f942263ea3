import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Tests wait for sockets and child processes more than they compute, so a small machine does several at once, too. */
const FEWEST_WORKERS = 4;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    maxWorkers: Math.max(FEWEST_WORKERS, availableParallelism()),
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});

import { Histogram } from 'prom-client';
import type { StoreObserver } from './observer.ts';
import { registers } from './registry.ts';

/** Seconds: from what SQLite has in memory to what PostgreSQL is given to answer. */
const STORE_SECONDS = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30];

const operations = new Histogram({
  name: 'bobbin_store_seconds',
  help: 'What the store was asked, by operation and whether it was done, with the seconds it took.',
  labelNames: ['operation', 'done'],
  buckets: STORE_SECONDS,
  registers,
});

export const storeMetrics: StoreObserver = {
  stored: (operation, isDone, seconds) => operations.observe({ operation, done: String(isDone) }, seconds),
};

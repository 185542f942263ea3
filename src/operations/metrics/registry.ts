import { collectDefaultMetrics, Registry } from 'prom-client';

/** What `/metrics` shows; there is one for the process. */
export const registry = new Registry();
export const registers = [registry];

// The process, its memory, garbage collection, and the lag of the event loop.
collectDefaultMetrics({ register: registry });

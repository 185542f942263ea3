import { Histogram } from 'prom-client';
import type { CallObserver } from './observer.ts';
import { registers } from './registry.ts';

/** Seconds: from an answer of a server near by to the time limit of a call. */
const CALL_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15];

const calls = new Histogram({
  name: 'bobbin_platform_call_seconds',
  help: 'Calls to the platforms by their kind and HTTP status ("none" without an answer), with the seconds they took.',
  labelNames: ['platform', 'call', 'status'],
  buckets: CALL_SECONDS,
  registers,
});

export const callMetrics: CallObserver = {
  called: (platform, call, status, seconds) => calls.observe({ platform, call, status }, seconds),
};

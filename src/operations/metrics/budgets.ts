import { Counter, Gauge, Histogram } from 'prom-client';
import type { BudgetObserver } from '../../reply/publisher/rate-budget.ts';
import { registers } from './registry.ts';

/** Seconds that a call waits for its budget. */
const WAIT_SECONDS = [0.01, 0.1, 0.5, 1, 2, 5, 10, 30, 60];

const labelNames = ['budget'] as const;

const waits = new Histogram({
  name: 'bobbin_budget_wait_seconds',
  help: 'Calls to platforms by budget, with the seconds they waited for room.',
  labelNames,
  buckets: WAIT_SECONDS,
  registers,
});
const refusals = new Counter({
  name: 'bobbin_budget_refusals_total',
  help: 'Calls that a platform refused because of its rate limit.',
  labelNames,
  registers,
});
const waiting = new Gauge({
  name: 'bobbin_budget_waiting',
  help: 'Calls that wait for room now.',
  labelNames,
  registers,
});
const allowed = new Gauge({
  name: 'bobbin_budget_calls_per_minute',
  help: 'Calls that a platform is believed to take, where that differs from what it documents.',
  labelNames,
  registers,
});

export const budgetMetrics: BudgetObserver = {
  granted: (budget, _room, waitedMs) => waits.observe({ budget }, waitedMs / 1_000),
  refused: (budget) => refusals.inc({ budget }),
  waiting: (budget, change) => waiting.inc({ budget }, change),
  limited: (budget, { calls, perMs }) => allowed.set({ budget }, (calls * 60_000) / perMs),
};

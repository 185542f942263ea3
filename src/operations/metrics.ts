import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { TurnObserver } from '../conversation/turn.ts';
import type { BudgetObserver } from '../reply/publisher/rate-budget.ts';

/** Seconds: from a short answer of a fast model to a run's time limit of ten minutes. */
const TURN_SECONDS = [1, 2, 5, 10, 20, 60, 120, 300, 600];

/** Seconds that a call waits for its budget. */
const WAIT_SECONDS = [0.01, 0.1, 0.5, 1, 2, 5, 10, 30, 60];

const registry = new Registry();
const registers = [registry];
const labelNames = ['budget'] as const;

const turns = new Histogram({
  name: 'bobbin_turn_seconds',
  help: 'Turns by platform and how they ended, with the seconds they took.',
  labelNames: ['platform', 'status'],
  buckets: TURN_SECONDS,
  registers,
});
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
collectDefaultMetrics({ register: registry });

/** Keeps what `/metrics` shows; there is one for the process. */
export const metrics: TurnObserver & BudgetObserver & { text(): Promise<string> } = {
  turnEnded: (platform, status, seconds) => turns.observe({ platform, status }, seconds),
  granted: (budget, _essential, waitedMs) => waits.observe({ budget }, waitedMs / 1_000),
  refused: (budget) => refusals.inc({ budget }),
  waiting: (budget, change) => waiting.inc({ budget }, change),
  limited: (budget, { calls, perMs }) => allowed.set({ budget }, (calls * 60_000) / perMs),
  text: () => registry.metrics(),
};

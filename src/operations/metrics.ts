import { budgetMetrics } from './metrics/budgets.ts';
import { callMetrics } from './metrics/calls.ts';
import { registry } from './metrics/registry.ts';
import { runMetrics } from './metrics/runs.ts';
import { watchState } from './metrics/state.ts';
import { storeMetrics } from './metrics/store.ts';
import { turnMetrics } from './metrics/turns.ts';

/** Keeps what `/metrics` shows; there is one for the process. */
export const metrics = {
  ...turnMetrics,
  ...runMetrics,
  ...budgetMetrics,
  ...callMetrics,
  ...storeMetrics,
  watch: watchState,
  /** In Prometheus's text format. */
  text: (): Promise<string> => registry.metrics(),
};

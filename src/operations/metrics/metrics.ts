import { budgetMetrics } from './budgets.ts';
import { callMetrics } from './calls.ts';
import { refusalMetrics } from './refusals.ts';
import { registry } from './registry.ts';
import { runMetrics } from './runs.ts';
import { watchState } from './state.ts';
import { storeMetrics } from './store.ts';
import { turnMetrics } from './turns.ts';

/** Keeps what `/metrics` shows; there is one for the process. */
export const metrics = {
  ...turnMetrics,
  ...runMetrics,
  ...budgetMetrics,
  ...callMetrics,
  ...storeMetrics,
  ...refusalMetrics,
  watch: watchState,
  /** In Prometheus's text format. */
  text: (): Promise<string> => registry.metrics(),
};

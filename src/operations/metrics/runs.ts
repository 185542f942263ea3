import { Counter, Histogram } from 'prom-client';
import type { RunObserver } from './observer.ts';
import { registers } from './registry.ts';

/** Seconds: from an answer that is there at once to a run's time limit of ten minutes. */
const RUN_SECONDS = [0.5, 1, 2, 5, 10, 20, 60, 120, 300, 600];

const runs = new Histogram({
  name: 'bobbin_run_seconds',
  help: 'Runs by how they ended, with the seconds they took.',
  labelNames: ['status'],
  buckets: RUN_SECONDS,
  registers,
});
const tokens = new Counter({
  name: 'bobbin_tokens_total',
  help: 'Tokens that runs took, as the provider counts them: of the prompt, and of the completion.',
  labelNames: ['kind'],
  registers,
});
const toolCalls = new Counter({
  name: 'bobbin_tool_calls_total',
  help: 'Calls of tools by their type.',
  labelNames: ['type'],
  registers,
});

export const runMetrics: RunObserver = {
  runEnded: (status, seconds) => runs.observe({ status }, seconds),
  tokensUsed(prompt, completion) {
    tokens.inc({ kind: 'prompt' }, prompt);
    tokens.inc({ kind: 'completion' }, completion);
  },
  toolCalled: (type) => toolCalls.inc({ type }),
};

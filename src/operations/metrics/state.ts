import { Gauge } from 'prom-client';
import type { Readiness } from '../health/readiness.ts';
import { within } from '../health/within.ts';
import { registers } from './registry.ts';

/** What is looked up whenever somebody asks for the metrics; what is left out is not shown. */
export interface State {
  /** How many messages are not answered yet, among all processes that share the store. */
  queueDepth?: () => Promise<number>;
  /** How many processes share the store. */
  replicas?: () => number;
  readiness?: () => Promise<Readiness>;
}

/** For an answer, in ms: Prometheus waits for ten seconds. */
const PATIENCE_MS = 5_000;

let state: State = {};

/** Sets from where the metrics are looked up. */
export function watchState(next: State): void {
  state = next;
}

new Gauge({
  name: 'bobbin_queue_depth',
  help: 'Messages that are not answered yet, in all processes that share the store; NaN when it does not say.',
  registers,
  async collect() {
    this.set(await asked(state.queueDepth?.()));
  },
});

new Gauge({
  name: 'bobbin_replicas',
  help: 'Processes that share the store, this one among them.',
  registers,
  collect() {
    this.set(state.replicas?.() ?? 1);
  },
});

new Gauge({
  name: 'bobbin_ready',
  help: 'Whether a part works: the process, the store, the queue, and each platform’s connection.',
  labelNames: ['part'],
  registers,
  async collect() {
    const readiness = await state.readiness?.();
    for (const [part, reason] of Object.entries(readiness?.parts ?? {}))
      this.set({ part }, reason === 'ok' ? 1 : 0);
  },
});

async function asked(answer: Promise<number> | undefined): Promise<number> {
  if (answer === undefined) return 0;
  return within(PATIENCE_MS, answer, () => new Error('late')).catch(() => Number.NaN);
}

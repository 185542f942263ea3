import { Counter } from 'prom-client';
import type { RefusalObserver } from './observer.ts';
import { registers } from './registry.ts';

const refusals = new Counter({
  name: 'bobbin_http_refusals_total',
  help: 'HTTP requests that were refused: with a wrong key or signature (401), or sent by a web page or to another host (403).',
  labelNames: ['status'],
  registers,
});

export const refusalMetrics: RefusalObserver = {
  requestRefused: (status) => refusals.inc({ status }),
};

import { Counter, Histogram } from 'prom-client';
import type { TurnObserver } from './observer.ts';
import { registers } from './registry.ts';

/** Seconds: from a short answer of a fast model to a run's time limit of ten minutes. */
const TURN_SECONDS = [1, 2, 5, 10, 20, 60, 120, 300, 600];

/** Seconds that people wait before they see something: from what they take for at once to what they take for never. */
const WAIT_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300];

const labelNames = ['platform'] as const;

const started = new Counter({
  name: 'bobbin_turns_started_total',
  help: 'Turns that began here, by platform; those that are gone on with are among them.',
  labelNames,
  registers,
});
const continued = new Counter({
  name: 'bobbin_turns_continued_total',
  help: 'Turns that another process began and this one went on with.',
  labelNames,
  registers,
});
const handedOver = new Counter({
  name: 'bobbin_turns_handed_over_total',
  help: 'Turns that this process began and left to another one.',
  labelNames,
  registers,
});
const turns = new Histogram({
  name: 'bobbin_turn_seconds',
  help: 'Turns by platform and how they ended, with the seconds they took.',
  labelNames: ['platform', 'status'],
  buckets: TURN_SECONDS,
  registers,
});
const queued = new Histogram({
  name: 'bobbin_queue_wait_seconds',
  help: 'Seconds from a message to the beginning of its turn.',
  labelNames,
  buckets: WAIT_SECONDS,
  registers,
});
const firstText = new Histogram({
  name: 'bobbin_first_text_seconds',
  help: 'Seconds from a message to the first text of its reply that people see.',
  labelNames,
  buckets: WAIT_SECONDS,
  registers,
});

export const turnMetrics: TurnObserver = {
  turnStarted(platform, waited) {
    started.inc({ platform });
    if (waited !== undefined) queued.observe({ platform }, waited);
  },
  turnContinued: (platform) => continued.inc({ platform }),
  textShown: (platform, seconds) => firstText.observe({ platform }, seconds),
  turnEnded: (platform, status, seconds) => turns.observe({ platform, status }, seconds),
  turnHandedOver: (platform) => handedOver.inc({ platform }),
};

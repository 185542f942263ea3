import { expect, test } from 'vitest';
import { report } from './report.ts';
import { type Options, run } from './run.ts';

/** Some forty seconds, most of them waiting; `npm run test:faults` lets more go wrong. */
const FEW: Options = {
  seed: 8,
  faults: 24,
  store: 'sqlite',
  replicas: 1,
  platforms: ['slack', 'discord'],
  pace: 1,
  isRolling: false,
};

/** On a small machine that does everything else at the same time. */
const PATIENCE_MS = 300_000;

test(
  'whatever goes wrong, every question is answered once, whole, in order and in its place',
  async () => {
    const result = await run(FEW);
    expect(result.violations, report(FEW, result)).toEqual([]);
  },
  PATIENCE_MS,
);

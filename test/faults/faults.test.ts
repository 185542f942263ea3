import { expect, test } from 'vitest';
import { report } from './report.ts';
import { type Options, run } from './run.ts';

/** Some twenty seconds; `npm run test:faults` lets more go wrong. */
const FEW: Options = {
  seed: 8,
  faults: 24,
  store: 'sqlite',
  replicas: 1,
  platforms: ['slack', 'discord'],
  pace: 0.25,
  isRolling: false,
};

test('whatever goes wrong, every question is answered once, whole, in order and in its place', async () => {
  const result = await run(FEW);
  expect(result.violations, report(FEW, result)).toEqual([]);
});

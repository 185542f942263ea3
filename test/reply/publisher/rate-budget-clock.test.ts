import { expect, test } from 'vitest';
import { RateBudget } from '../../../src/reply/publisher/rate-budget.ts';
import { VirtualClock } from './virtual-clock.ts';

/** Time that goes on a little whenever somebody looks, as real time does. */
class RunningClock extends VirtualClock {
  #looks = 0;

  override now(): number {
    this.#looks++;
    return super.now() + this.#looks / 100;
  }
}

test('a claim is not forgotten when its time comes between two looks at the clock', async () => {
  for (let early = 0; early < 1; early += 0.005) {
    const clock = new RunningClock();
    const budget = new RateBudget({ name: 'test', limit: { calls: 1, perMs: 10 }, clock });
    const claim = { room: 'all' as const, urgency: () => 1 };
    const { signal } = new AbortController();
    await budget.take(claim, signal);
    await clock.runUntil(10.5 - early);
    let isGranted = false;
    void budget.take(claim, signal).then(() => {
      isGranted = true;
    });
    await clock.runUntil(100);
    expect(isGranted, `claimed ${early} ms early`).toBe(true);
  }
});

import { onTestFinished, vi } from 'vitest';

/**
 * Lets `performance.now()` run so many times faster until the test ends, so that whoever measures by it how long it has
 * tried loses its patience sooner. `Date` and timers go on as they do.
 */
export function hurryClock(times: number): void {
  const now = performance.now.bind(performance);
  const began = now();
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => began + (now() - began) * times);
  onTestFinished(() => clock.mockRestore());
}

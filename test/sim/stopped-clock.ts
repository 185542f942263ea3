import { onTestFinished, vi } from 'vitest';

/**
 * Stops `Date` until the test ends, so that nothing grows old while a busy machine takes its time. Timers go on.
 *
 * @returns lets so many milliseconds pass.
 */
export function stopClock(): (ms: number) => void {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  return (ms) => void vi.setSystemTime(Date.now() + ms);
}

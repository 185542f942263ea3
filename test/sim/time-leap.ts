import { onTestFinished, vi } from 'vitest';

/**
 * For timers that wait longer than a test can, until the test ends. They go on as time does, so no bound has to be so
 * short that a busy machine breaks it.
 *
 * @returns leaps over so many milliseconds: what is due then happens at once.
 */
export function timeLeaps(): (ms: number) => void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true });
  onTestFinished(() => void vi.useRealTimers());
  return (ms) => void vi.advanceTimersByTime(ms);
}

import { onTestFinished, vi } from 'vitest';

/**
 * One clock until the test ends for a platform's limits and for whoever keeps to them: it stands still while a busy machine
 * gets to nothing. So calls that are made at a pace also arrive at it, whatever else the machine does.
 */
export function steadyClock(): void {
  vi.useFakeTimers({
    toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'],
    shouldAdvanceTime: true,
  });
  onTestFinished(() => void vi.useRealTimers());
}

import { onTestFinished, vi } from 'vitest';

/**
 * Stops `Date` until the test ends, so that nothing grows old while a busy machine takes its time. Timers go on. vitest's
 * own stopped clock would do, but every look of `expect.poll` moves that on, even a look that an earlier test left.
 *
 * @returns lets so many milliseconds pass.
 */
export function stopClock(): (ms: number) => void {
  let now = Date.now();
  vi.stubGlobal(
    'Date',
    new Proxy(Date, {
      construct: (date, given) => Reflect.construct(date, given.length > 0 ? given : [now]),
      get: (date, name) => (name === 'now' ? () => now : Reflect.get(date, name)),
    }),
  );
  onTestFinished(() => void vi.unstubAllGlobals());
  return (ms) => {
    now += ms;
  };
}

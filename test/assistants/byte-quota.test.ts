import fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ByteQuota, type QuotaLimits } from '../../src/assistants/byte-quota.ts';
import { memory } from './client.ts';

const MB = 1024 * 1024;
const DAY_MS = 24 * 60 * 60 * 1_000;
const LIMITS: QuotaLimits = { run: 4 * MB, conversation: 8 * MB, day: 16 * MB, days: 3 };

test('no run, conversation or day has more than it may, however many come at once', async () => {
  const scope = fc.record({
    run: fc.constantFrom('a', 'b', 'c'),
    conversation: fc.constantFrom('x', 'y', 'z'),
    bytes: fc.integer({ min: 0, max: 3 * MB }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(scope, { maxLength: 40 }), async (files) => {
      const quota = new ByteQuota(memory(), LIMITS);
      const taken = await Promise.all(
        files.map(async ({ run, conversation, bytes }) => ({
          run: `${conversation}/${run}`,
          conversation,
          bytes: (await quota.take({ run: `${conversation}/${run}`, conversation }, bytes)) ? 0 : bytes,
        })),
      );
      const sums = (key: 'run' | 'conversation') =>
        Object.values(Object.groupBy(taken, (file) => file[key])).map((group = []) =>
          group.reduce((sum, { bytes }) => sum + bytes, 0),
        );
      const day = taken.reduce((sum, { bytes }) => sum + bytes, 0);
      expect(Math.max(0, ...sums('run'))).toBeLessThanOrEqual(4 * MB);
      expect(Math.max(0, ...sums('conversation'))).toBeLessThanOrEqual(8 * MB);
      expect(day).toBeLessThanOrEqual(16 * MB);
      // Who is refused had no room.
      const inRun = (run: string) =>
        taken.filter((other) => other.run === run).reduce((sum, { bytes }) => sum + bytes, 0);
      const inConversation = (id: string) =>
        taken.filter((other) => other.conversation === id).reduce((sum, { bytes }) => sum + bytes, 0);
      for (const [index, { run, conversation, bytes }] of taken.entries()) {
        const asked = files[index]?.bytes ?? 0;
        if (bytes === asked) continue;
        const room = Math.min(4 * MB - inRun(run), 8 * MB - inConversation(conversation), 16 * MB - day);
        expect(asked).toBeGreaterThan(room);
      }
    }),
  );
});

test('what has no room is told with the limit and what is left, and another process knows what was taken', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 20_000 * DAY_MS });
  onTestFinished(() => void vi.useRealTimers());
  const tallies = memory();
  const quota = () => new ByteQuota(tallies, LIMITS);
  expect(await quota().take({ run: 'r1', conversation: 'x' }, 3 * MB)).toBeUndefined();
  expect(await quota().take({ run: 'r1', conversation: 'x' }, 2 * MB)).toBe(
    'The files of one answer may have 4 MB together, of which 1 MB are left: make fewer or smaller ones.',
  );
  expect(await quota().take({ run: 'r2', conversation: 'x' }, 4 * MB)).toBeUndefined();
  expect(await quota().take({ run: 'r3', conversation: 'x' }, 2 * MB)).toBe(
    'The files of one conversation may have 8 MB together within 3 days, of which 1 MB are left: make do with less, or begin a new conversation.',
  );
  for (const run of ['r4', 'r5']) await quota().take({ run, conversation: 'y' }, 4 * MB);
  expect(await quota().take({ conversation: 'z' }, 2 * MB)).toBe(
    'All files of one day may have 16 MB together, of which 1 MB are left: make do with less, or try again tomorrow.',
  );
  // On the next day there is room, but for what a conversation still has; once that has expired, too.
  vi.setSystemTime(20_001 * DAY_MS);
  expect(await quota().take({ conversation: 'z' }, 8 * MB)).toBeUndefined();
  expect(await quota().take({ run: 'r6', conversation: 'x' }, 2 * MB)).toMatch(/within 3 days/);
  vi.setSystemTime(20_003 * DAY_MS);
  expect(await quota().take({ run: 'r7', conversation: 'x' }, 4 * MB)).toBeUndefined();
});

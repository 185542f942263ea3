import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Presence } from '../../src/operations/presence.ts';
import { memoryStore } from '../../src/store/sqlite/store.ts';

const unexpected = (error: unknown) => {
  throw error;
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('the next process learns until when people were heard, also when this one was killed', async () => {
  const heard = memoryStore().keyv<number>('heard');
  const first = new Presence(heard, unexpected);
  expect(await first.lastHeard('chat')).toBeUndefined();
  first.taken('chat');
  first.begin('chat');
  await vi.advanceTimersByTimeAsync(25_000);
  expect(await new Presence(heard, unexpected).lastHeard('chat')).toBe(Date.now() - 5_000);
  await vi.advanceTimersByTimeAsync(2_000);
  await first.close();
  expect(await new Presence(heard, unexpected).lastHeard('chat')).toBe(Date.now());
});

test('what one process did not come to look for is looked for by the next', async () => {
  const heard = memoryStore().keyv<number>('heard');
  await heard.set('chat', 1_000);
  const first = new Presence(heard, unexpected);
  expect(await first.lastHeard('chat')).toBe(1_000);
  first.begin('chat');
  await vi.advanceTimersByTimeAsync(60_000);
  await first.close();
  const second = new Presence(heard, unexpected);
  expect(await second.lastHeard('chat')).toBe(1_000);
  second.begin('chat');
  second.taken('chat');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await new Presence(heard, unexpected).lastHeard('chat')).toBe(Date.now());
});

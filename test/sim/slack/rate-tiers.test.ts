import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stopClock } from '../stopped-clock.ts';
import { client, errorOf, slack } from './fixture.ts';
import { POSTING, RateLimiter, TIER_2, TIER_3 } from './rate-tiers.ts';

test('never more calls than the tier allows within any minute', () => {
  const limiter = new RateLimiter();
  const at = (now: number) => limiter.take('chat.startStream', [TIER_2], '', now);
  for (let call = 0; call < 20; call += 1) expect(at(call * 1_000)).toBeUndefined();
  expect(at(20_000)).toBe(40);
  expect(at(59_999)).toBe(1);
  expect(at(60_000)).toBeUndefined();
  expect(at(60_000)).toBe(1);
});

test('whatever the pace, no window holds more calls than allowed, and who waits as told gets through', () => {
  const limit = { calls: 3, windowMs: 10_000 };
  fc.assert(
    fc.property(fc.array(fc.nat(4_000), { maxLength: 60 }), (gaps) => {
      const limiter = new RateLimiter();
      const passed: number[] = [];
      let now = 0;
      for (const gap of gaps) {
        now += gap;
        const wait = limiter.take('m', [limit], '', now);
        if (wait === undefined) passed.push(now);
        else
          expect(passed.filter((at) => at > now + wait * 1_000 - limit.windowMs).length).toBeLessThan(
            limit.calls,
          );
      }
      for (const at of passed) {
        const within = passed.filter((other) => other >= at && other < at + limit.windowMs);
        expect(within.length).toBeLessThanOrEqual(limit.calls);
      }
    }),
  );
});

test('methods have budgets of their own, and a refused call costs nothing', () => {
  const limiter = new RateLimiter();
  for (let call = 0; call < 50; call += 1) limiter.take('chat.update', [TIER_3], '', 0);
  expect(limiter.take('chat.update', [TIER_3], '', 30_000)).toBe(30);
  expect(limiter.take('chat.delete', [TIER_3], '', 30_000)).toBeUndefined();
  expect(limiter.take('chat.update', [TIER_3], '', 60_000)).toBeUndefined();
});

test('posting has a budget for each channel, and one for the workspace', () => {
  const limiter = new RateLimiter();
  const post = (channel: string, now = 0) => limiter.take('chat.postMessage', POSTING, channel, now);
  expect([post('C1'), post('C1'), post('C1'), post('C1')]).toEqual([undefined, undefined, undefined, 3]);
  expect(post('C2')).toBeUndefined();
  for (let channel = 3; channel < 299; channel += 1) expect(post(`C${channel}`)).toBeUndefined();
  expect(post('C999')).toBe(60);
});

test('time can pass faster for the limits, and they can be others', () => {
  const fast = new RateLimiter({ speed: 60 });
  for (let call = 0; call < 20; call += 1) fast.take('chat.startStream', [TIER_2], '', 0);
  expect(fast.take('chat.startStream', [TIER_2], '', 999)).toBe(1);
  expect(fast.take('chat.startStream', [TIER_2], '', 1_000)).toBeUndefined();
  const tight = new RateLimiter({ overrides: { 'chat.update': { calls: 1, windowMs: 5_000 } } });
  expect(tight.take('chat.update', [TIER_3], '', 0)).toBeUndefined();
  expect(tight.take('chat.update', [TIER_3], '', 1_000)).toBe(4);
});

test('a call over the limit is answered with 429 and Retry-After, and counted', async () => {
  stopClock();
  const sim = await slack({ rates: { overrides: { 'auth.test': { calls: 1, windowMs: 60_000 } } } });
  const web = client(sim);
  await web.auth.test();
  const error = await web.auth.test().catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'slack_webapi_rate_limited_error', retryAfter: 60 });
  expect(sim.counters.of('auth.test')).toMatchObject({ calls: 2, limited: 1 });
});

test('a rate limit can strike out of season', async () => {
  const sim = await slack();
  sim.fails('auth.test', { retryAfter: 7 });
  const error = await client(sim)
    .auth.test()
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ retryAfter: 7 });
  expect(await errorOf(client(sim).auth.test())).toBe('ok');
  expect(sim.counters.of('auth.test')).toMatchObject({ calls: 2, limited: 1 });
});

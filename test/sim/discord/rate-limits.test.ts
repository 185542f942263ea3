import { RESTEvents } from 'discord.js';
import { expect, test } from 'vitest';
import { stopClock } from '../stopped-clock.ts';
import type { DiscordSim } from './discord.ts';
import { NO_LIMITS, raw, rest, start, UNLIMITED } from './harness.ts';

const POST = 'POST /channels/:channel/messages';
const at = (sim: DiscordSim, channel = 'general') => `/channels/${sim.channel(channel).id}` as const;
const post = (sim: DiscordSim, channel?: string) =>
  raw(sim, 'POST', `${at(sim, channel)}/messages`, { content: 'x' });

test('a bucket tells its state in headers, and refuses the sixth message in five seconds', async () => {
  stopClock();
  const sim = await start();
  const first = await post(sim);
  expect(first.headers.get('X-RateLimit-Limit')).toBe('5');
  expect(first.headers.get('X-RateLimit-Remaining')).toBe('4');
  expect(first.headers.get('X-RateLimit-Reset-After')).toBe('5.000');
  expect(first.headers.get('X-RateLimit-Scope')).toBeNull();
  for (let i = 0; i < 4; i += 1) await post(sim);
  const refused = await post(sim);
  expect(refused.status).toBe(429);
  expect(refused.body).toEqual({
    message: 'You are being rate limited.',
    retry_after: 5,
    global: false,
  });
  expect(refused.headers.get('Retry-After')).toBe('5');
  expect(refused.headers.get('X-RateLimit-Scope')).toBe('user');
  expect(sim.calls.count(POST)).toBe(6);
  expect(sim.calls.limited(POST)).toBe(1);
  expect(sim.calls.characters(POST)).toBe(6);
});

test('creating and editing draw on one bucket, and each channel has its own', async () => {
  const sim = await start({ channels: ['general', 'other'] });
  const { body, headers } = await post(sim);
  const edit = () => raw(sim, 'PATCH', `${at(sim)}/messages/${body.id}`, { content: 'y' });
  expect((await edit()).headers.get('X-RateLimit-Bucket')).toBe(headers.get('X-RateLimit-Bucket'));
  for (let i = 0; i < 3; i += 1) await edit();
  expect((await post(sim)).status).toBe(429);
  expect((await edit()).status).toBe(429);
  expect((await post(sim, 'other')).status).toBe(200);
  expect((await raw(sim, 'DELETE', `${at(sim)}/messages/${body.id}`)).status).toBe(204);
});

test("discord.js's REST client waits by the headers and meets no 429", async () => {
  const sim = await start({ timeScale: 0.02 });
  const api = rest(sim, { offset: 5 });
  for (let i = 0; i < 11; i += 1) await api.post(`${at(sim)}/messages`, { body: { content: `${i}` } });
  expect(sim.messages('general').map(({ content }) => content)).toEqual(
    Array.from({ length: 11 }, (_, i) => `${i}`),
  );
  expect(sim.calls.limited()).toBe(0);
});

test('two clients that do not know of each other meet a 429 and get through in the end', async () => {
  const sim = await start({ timeScale: 0.02 });
  const [one, two] = [rest(sim), rest(sim)];
  let waited = 0;
  for (const api of [one, two]) api.on(RESTEvents.RateLimited, () => (waited += 1));
  let rounds = 0;
  for (; sim.calls.limited(POST) === 0; rounds += 1) {
    await Promise.all([one, two].map((api) => api.post(`${at(sim)}/messages`, { body: { content: 'x' } })));
  }
  expect(sim.messages('general')).toHaveLength(2 * rounds);
  expect(waited).toBeGreaterThan(0);
});

test('all requests of the bot share a global limit, and the answer says so', async () => {
  const sim = await start({
    globalRateLimit: { limit: 2, window: 60_000 },
    rateLimits: { other: UNLIMITED },
  });
  await raw(sim, 'GET', '/users/@me');
  await post(sim);
  const refused = await raw(sim, 'GET', '/users/@me');
  expect(refused.body.global).toBe(true);
  expect(refused.headers.get('X-RateLimit-Global')).toBe('true');
  expect(refused.headers.get('X-RateLimit-Scope')).toBe('global');
  expect(refused.headers.get('X-RateLimit-Bucket')).toBeNull();
});

test('old messages have a limit of their own for edits, told as 429 with code 30046', async () => {
  stopClock();
  const sim = await start({
    ...NO_LIMITS,
    timing: { oldMessage: 0 },
    oldMessageEdits: { limit: 1, window: 60_000 },
  });
  const { body } = await post(sim);
  const edit = () => raw(sim, 'PATCH', `${at(sim)}/messages/${body.id}`, { content: 'y' });
  expect((await edit()).status).toBe(200);
  const refused = await edit();
  expect(refused.status).toBe(429);
  expect(refused.body).toMatchObject({ code: 30046, global: false, retry_after: 60 });
  expect(refused.headers.get('Retry-After')).toBe('60');
  expect(refused.headers.get('X-RateLimit-Scope')).toBe('user');
});

test("a thread's name changes twice in ten minutes, though the headers show room", async () => {
  const sim = await start({
    ...NO_LIMITS,
    rateLimits: { ...NO_LIMITS.rateLimits, channelName: { limit: 2, window: 600_000 } },
  });
  const thread = await raw(sim, 'POST', `${at(sim)}/threads`, { name: 'a' });
  const change = (body: object) => raw(sim, 'PATCH', `/channels/${thread.body.id}`, body);
  await change({ name: 'b' });
  await change({ name: 'c' });
  const refused = await change({ name: 'd' });
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('X-RateLimit-Remaining'))).toBeGreaterThan(0);
  expect(refused.headers.get('X-RateLimit-Scope')).toBe('shared');
  expect((await change({ archived: true })).status).toBe(200);
});

test('a channel takes only so many new threads in five minutes, whoever starts them, and no header tells', async () => {
  const sim = await start({
    ...NO_LIMITS,
    channels: ['general', 'other'],
    rateLimits: { ...NO_LIMITS.rateLimits, threadStarts: { limit: 1, window: 300_000 } },
  });
  const begin = (channel: string) => {
    const { id } = sim.user('ann').says(channel, 'x');
    return raw(sim, 'POST', `${at(sim, channel)}/messages/${id}/threads`, { name: 'x' });
  };
  expect((await begin('general')).status).toBe(201);
  const refused = await begin('general');
  expect(refused.status).toBe(429);
  expect(refused.body).toEqual({
    message: 'The resource is being rate limited.',
    retry_after: expect.closeTo(300, 0),
    global: false,
  });
  expect(Number(refused.headers.get('X-RateLimit-Remaining'))).toBeGreaterThan(0);
  expect(refused.headers.get('X-RateLimit-Scope')).toBe('shared');
  expect(sim.invalidRequests).toBe(0);
  expect((await begin('other')).status).toBe(201);
});

test('too many invalid requests get the address banned, with a bare page and no headers of Discord', async () => {
  stopClock();
  const sim = await start({ ...NO_LIMITS, invalidRequests: { limit: 3, window: 60_000 } });
  sim.deny('general', ['SendMessages']);
  await post(sim);
  await post(sim);
  expect(sim.invalidRequests).toBe(2);
  await raw(sim, 'GET', '/users/@me', undefined, { Authorization: 'Bot wrong' });
  const banned = await raw(sim, 'GET', '/users/@me');
  expect(banned.status).toBe(429);
  expect(banned.body).toEqual({ text: 'error code: 1015' });
  expect(banned.headers.get('Via')).toBeNull();
  expect(banned.headers.get('X-RateLimit-Scope')).toBeNull();
  expect(banned.headers.get('Retry-After')).toBe('60');
});

test('a 404 is no invalid request', async () => {
  const sim = await start();
  await raw(sim, 'GET', '/nothing');
  expect(sim.invalidRequests).toBe(0);
});

test('the calls are counted by route', async () => {
  const sim = await start();
  await post(sim);
  await raw(sim, 'GET', '/nothing');
  expect(sim.calls.byRoute()).toEqual({
    [POST]: { calls: 1, limited: 0, characters: 1 },
    'GET /nothing': { calls: 1, limited: 0, characters: 0 },
  });
});

test('a refusal that a test orders is a 429 of the resource itself, which changes nothing', async () => {
  const sim = await start();
  sim.fail(POST, { retryAfter: 3 });
  const refused = await post(sim);
  expect(refused.status).toBe(429);
  expect(refused.headers.get('Retry-After')).toBe('3');
  expect(refused.headers.get('X-RateLimit-Scope')).toBe('shared');
  expect(sim.invalidRequests).toBe(0);
  expect(sim.messages('general')).toEqual([]);
  expect((await post(sim)).status).toBe(200);
});

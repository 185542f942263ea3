import { expect, test } from 'vitest';
import { client, errorOf, RECIPIENT, slack, socketApp, thread } from './fixture.ts';
import type { SlackOptions } from './options.ts';

async function opened(options: SlackOptions = {}) {
  const sim = await slack(options);
  const place = thread(sim);
  const at = { channel_id: place.channel, thread_ts: place.thread_ts };
  const showsStop = () => sim.view(place.channel).includes('[■ Stop]');
  return {
    sim,
    web: client(sim),
    place,
    at,
    showsStop,
    root: { channel: place.channel, ts: place.thread_ts },
  };
}

test('Stop is there while the session is processing; it ends the open streams and leaves the status to the app', async () => {
  const { sim, web, place, at, root, showsStop } = await opened({ timing: { retryDelaysMs: [] } });
  const stopped: unknown[] = [];
  await socketApp(sim, (app) => {
    app.event('agent_session_stopped', async ({ event }) => void stopped.push(event));
  });
  expect(() => sim.user('ann').stops(root)).toThrow('shows no Stop button');
  await web.agents.sessions.setStatus({ ...at, status: 'processing', title: 'Hello' });
  const { ts = '' } = await web.chat.startStream({ ...place, ...RECIPIENT, markdown_text: 'half' });
  expect(showsStop()).toBe(true);
  sim.user('ann').stops(root);
  await sim.settled();
  expect(stopped).toMatchObject([{ user: 'U0ANN', thread_ts: place.thread_ts, streaming_message_ts: [ts] }]);
  const message = { channel: place.channel, ts };
  expect(await errorOf(web.chat.appendStream({ ...message, markdown_text: ' more' }))).toBe(
    'stopped_by_user',
  );
  expect(await errorOf(web.chat.stopStream(message))).toBe('stopped_by_user');
  expect(showsStop()).toBe(true);
  await web.agents.sessions.setStatus({ ...at, status: 'active' });
  expect(showsStop()).toBe(false);
});

test('a stream opens a session, and its end lets the session rest unless it says otherwise', async () => {
  const { web, place, showsStop } = await opened();
  const start = async () =>
    (await web.chat.startStream({ ...place, ...RECIPIENT, markdown_text: 'a' })).ts ?? '';
  const stop = (ts: string, more: object = {}) =>
    web.apiCall('chat.stopStream', { channel: place.channel, ts, ...more });
  const first = await start();
  expect(showsStop()).toBe(true);
  await stop(first, { session_status: 'processing' });
  expect(showsStop()).toBe(true);
  await stop(await start());
  expect(showsStop()).toBe(false);
  expect(await errorOf(stop(await start(), { session_status: 'thinking' }))).toBe('invalid_arguments');
});

test('a status makes the session work, and no status lets it rest', async () => {
  const { web, at, showsStop } = await opened();
  await web.assistant.threads.setStatus({ ...at, status: 'is thinking' });
  expect(showsStop()).toBe(true);
  await web.assistant.threads.setStatus({ ...at, status: '' });
  expect(showsStop()).toBe(false);
});

test('a stream whose time is over takes the session with it, until it is set anew', async () => {
  const { sim, web, place, at, showsStop } = await opened();
  const { ts = '' } = await web.chat.startStream({ ...place, ...RECIPIENT, markdown_text: 'a' });
  sim.expires({ channel: place.channel, ts });
  expect(showsStop()).toBe(false);
  await new Promise((resolve) => setTimeout(resolve, 2));
  await web.agents.sessions.setStatus({ ...at, status: 'processing' });
  expect(showsStop()).toBe(true);
  const short = await opened({ timing: { sessionAgeMs: 0 } });
  await short.web.agents.sessions.setStatus({ ...short.at, status: 'processing' });
  expect(short.showsStop()).toBe(false);
});

test('a session belongs to a thread in a channel that the app is in', async () => {
  const { sim, web, at } = await opened();
  const set = (args: object) =>
    errorOf(web.apiCall('agents.sessions.setStatus', { ...at, status: 'processing', ...args }));
  expect(await set({ thread_ts: '' })).toBe('thread_ts_required');
  expect(await set({ thread_ts: '1.000001' })).toBe('invalid_thread_ts');
  expect(await set({ channel_id: 'C0NOWHERE' })).toBe('channel_not_found');
  expect(await set({ status: 'is thinking' })).toBe('invalid_arguments');
  sim.setBotMember(at.channel_id, false);
  expect(await set({})).toBe('not_authorized');
});

test('without a subscription to the stop event the answer warns, and an app that is no agent has no sessions', async () => {
  const { sim, web, at, root } = await opened({ events: [] });
  const answer = await web.agents.sessions.setStatus({ ...at, status: 'processing' });
  expect(answer).toMatchObject({ warning: 'missing_agent_session_stopped_event_subscription' });
  expect(() => sim.user('ann').stops(root)).toThrow('no Stop button');
  const legacy = await opened({ agentView: 'assistant_view' });
  const refused = legacy.web.agents.sessions.setStatus({ ...legacy.at, status: 'processing' });
  expect(await errorOf(refused)).toBe('not_authorized');
  await legacy.web.chat.startStream({ ...legacy.place, ...RECIPIENT, markdown_text: 'a' });
  expect(legacy.showsStop()).toBe(false);
});

test('the text status and the session’s share one place: who writes last is seen', async () => {
  const { sim, web, place, at } = await opened();
  await web.assistant.threads.setStatus({ ...at, status: 'is thinking' });
  expect(sim.view(place.channel)).toContain('is thinking');
  await web.agents.sessions.setStatus({ ...at, status: 'processing' });
  expect(sim.view(place.channel)).not.toContain('is thinking');
});

import { WebClient } from '@slack/web-api';
import { expect, test } from 'vitest';
import { client, errorOf, failureOf, SILENT, slack } from './fixture.ts';

test('auth.test says who the bot is, and which scopes its token has', async () => {
  const sim = await slack();
  const answer = await client(sim).auth.test();
  expect(answer).toMatchObject({ ok: true, team_id: 'T0ACME', user_id: 'U0BOBBIN', bot_id: 'B0BOBBIN' });
  expect(answer.response_metadata?.scopes).toContain('chat:write');
});

test('each kind of wrong token has its own error', async () => {
  const sim = await slack({ tokens: { 'xoxb-gone': { kind: 'bot', state: 'inactive' } } });
  expect(await errorOf(client(sim, '').auth.test())).toBe('not_authed');
  expect(await errorOf(client(sim, 'xoxb-unknown').auth.test())).toBe('invalid_auth');
  expect(await errorOf(client(sim, 'xoxb-gone').auth.test())).toBe('account_inactive');
  expect(await errorOf(client(sim, sim.app.appToken).auth.test())).toBe('not_allowed_token_type');
  expect(await errorOf(client(sim).apps.connections.open({}))).toBe('not_allowed_token_type');
  sim.revokeToken();
  expect(await errorOf(client(sim).auth.test())).toBe('token_revoked');
});

test('a token of another workspace is valid and sees nothing of this one', async () => {
  const scopes = ['chat:write', 'channels:read'];
  const sim = await slack({ tokens: { 'xoxb-elsewhere': { kind: 'bot', teamId: 'T0ELSE', scopes } } });
  const elsewhere = client(sim, 'xoxb-elsewhere');
  expect(await elsewhere.auth.test()).toMatchObject({ team_id: 'T0ELSE' });
  expect(await errorOf(elsewhere.conversations.info({ channel: 'C0GENERAL' }))).toBe('channel_not_found');
});

test('a missing scope is named beside those that are there', async () => {
  const sim = await slack({ scopes: ['channels:read', 'users:read'] });
  const failure = await failureOf(client(sim).chat.postMessage({ channel: 'C0GENERAL', text: 'hi' }));
  expect(failure).toMatchObject({
    error: 'missing_scope',
    needed: 'chat:write',
    provided: 'channels:read,users:read',
  });
  const history = await failureOf(client(sim).conversations.history({ channel: 'C0GENERAL' }));
  expect(history).toMatchObject({ error: 'missing_scope', needed: 'channels:history' });
});

test('an unknown method and a missing argument are refused', async () => {
  const sim = await slack();
  expect(await errorOf(client(sim).apiCall('chat.sing'))).toBe('unknown_method');
  const failure = await failureOf(client(sim).apiCall('chat.postMessage', { text: 'hi' }));
  expect(failure.error).toBe('invalid_arguments');
  expect(failure.response_metadata?.messages).toEqual(['[ERROR] missing required field: channel']);
});

test('JSON bodies are taken as forms are, and other bodies are not', async () => {
  const sim = await slack();
  const post = async (type: string, body: string) => {
    const headers = { authorization: `Bearer ${sim.app.botToken}`, 'content-type': type };
    const response = await fetch(`${sim.apiUrl}chat.postMessage`, { method: 'POST', headers, body });
    return Object(await response.json());
  };
  const body = JSON.stringify({ channel: 'C0GENERAL', blocks: [{ type: 'markdown', text: '**hi**' }] });
  expect(await post('application/json; charset=utf-8', body)).toMatchObject({ ok: true });
  expect(await post('application/json', '{')).toEqual({ ok: false, error: 'invalid_json' });
  expect(await post('text/plain', body)).toEqual({ ok: false, error: 'invalid_post_type' });
  expect(sim.texts('C0GENERAL')).toEqual(['**hi**']);
});

test('people, bots, teams and channels can be looked up, and a private channel without the bot is not there', async () => {
  const sim = await slack();
  const web = client(sim);
  const { user } = await web.users.info({ user: 'U0BEN', include_locale: true });
  expect(user).toMatchObject({ real_name: 'Ben Baker', locale: 'de-DE', is_bot: false });
  expect((await web.bots.info({ bot: 'B0OTHERBOT' })).bot).toMatchObject({ user_id: 'U0OTHERBOT' });
  expect((await web.team.info()).team).toMatchObject({ name: 'Acme' });
  expect((await web.conversations.info({ channel: 'C0ARCHIVE' })).channel).toMatchObject({
    is_archived: true,
  });
  expect((await web.conversations.members({ channel: 'C0PRIVATE' })).members).not.toContain('U0CLEO');
  const { channel } = await web.conversations.open({ users: 'U0ANN' });
  expect(channel?.id).toBe(sim.user('ann').dm);
  expect(await errorOf(web.conversations.info({ channel: 'C0SECRET' }))).toBe('channel_not_found');
  expect(await errorOf(web.conversations.history({ channel: 'C0ELSEWHERE' }))).toBe('not_in_channel');
});

test('history is newest first in pages, and replies are oldest first after the thread’s first message', async () => {
  const sim = await slack();
  const web = client(sim);
  const ann = sim.user('ann');
  const first = ann.says('C0GENERAL', 'one');
  ann.says('C0GENERAL', 'two');
  ann.says('C0GENERAL', 'reply a', { thread: first.ts });
  sim.user('ben').says('C0GENERAL', 'reply b', { thread: first.ts });
  const page = await web.conversations.history({ channel: 'C0GENERAL', limit: 1 });
  expect(page.messages?.map(({ text }) => text)).toEqual(['two']);
  const cursor = page.response_metadata?.next_cursor ?? '';
  const next = await web.conversations.history({ channel: 'C0GENERAL', limit: 1, cursor });
  expect(next.messages?.[0]).toMatchObject({ text: 'one', reply_count: 2 });
  expect(next.has_more).toBe(false);
  const replies = await web.conversations.replies({ channel: 'C0GENERAL', ts: first.ts });
  expect(replies.messages?.map(({ text }) => text)).toEqual(['one', 'reply a', 'reply b']);
  expect(await errorOf(web.conversations.replies({ channel: 'C0GENERAL', ts: '1.000001' }))).toBe(
    'thread_not_found',
  );
});

test('calls fail as ordered: before they take effect, or after, when only the answer is lost', async () => {
  const sim = await slack();
  const post = (text: string) => errorOf(client(sim).chat.postMessage({ channel: 'C0GENERAL', text }));
  sim.fails('chat.postMessage', { status: 503 });
  expect(await post('lost')).toMatch(/503/);
  sim.fails('chat.postMessage', { network: 'reset', applied: true });
  expect(await post('posted all the same')).toMatch(/fetch failed/);
  sim.fails('chat.postMessage', { error: 'internal_error', after: 1 });
  expect(await post('third')).toBe('ok');
  expect(await post('refused')).toBe('internal_error');
  expect(await post('fourth')).toBe('ok');
  expect(sim.texts('C0GENERAL')).toEqual(['posted all the same', 'third', 'fourth']);
});

test('a call can stay without an answer, or get it late', async () => {
  const sim = await slack();
  const impatient = new WebClient(sim.app.botToken, {
    slackApiUrl: sim.apiUrl,
    retryConfig: { retries: 0 },
    timeout: 20,
    logger: SILENT,
  });
  sim.fails('auth.test', { network: 'silent' });
  expect(await errorOf(impatient.auth.test())).toMatch(/timeout|timed out|aborted/);
  sim.fails('team.info', { delayMs: 1 });
  expect(await errorOf(client(sim).team.info())).toBe('ok');
});

test('calls, errors and characters are counted', async () => {
  const sim = await slack();
  await client(sim).chat.postMessage({ channel: 'C0GENERAL', text: 'hello' });
  await errorOf(client(sim).chat.postMessage({ channel: 'C0NONE', text: 'hello!' }));
  const counts = { calls: 2, limited: 0, errors: { channel_not_found: 1 }, characters: 11 };
  expect(sim.counters.of('chat.postMessage')).toEqual(counts);
  expect(sim.counters.total()).toEqual(counts);
  expect(sim.counters.calls.map(({ answer }) => answer)).toEqual(['ok', 'channel_not_found']);
});

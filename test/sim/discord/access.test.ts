import { ChannelType } from 'discord.js';
import { expect, test } from 'vitest';
import { stopClock } from '../stopped-clock.ts';
import type { DiscordSim } from './discord.ts';
import { NO_LIMITS, type Raw, raw, start } from './harness.ts';
import type { Json } from './json.ts';
import type { PermissionName } from './options.ts';

const NOBODY = '100000000000000000';
const at = (sim: DiscordSim, channel = 'general') => `/channels/${sim.channel(channel).id}`;
const said = ({ status, body }: Raw) => [status, body.code, body.message];

test('who has no token, the wrong one, no proper User-Agent or another version gets nothing', async () => {
  const sim = await start();
  expect(said(await raw(sim, 'GET', '/users/@me', undefined, { Authorization: 'Bot wrong' }))).toEqual([
    401,
    0,
    '401: Unauthorized',
  ]);
  expect(said(await raw(sim, 'GET', '/users/@me', undefined, { Authorization: sim.token }))).toEqual([
    401,
    0,
    '401: Unauthorized',
  ]);
  expect(said(await raw(sim, 'GET', '/users/@me', undefined, { 'User-Agent': 'curl/8' }))).toEqual([
    403,
    40333,
    'internal network error',
  ]);
  expect(said(await raw(sim, 'GET', '/nothing'))).toEqual([404, 0, '404: Not Found']);
  expect(said(await raw(sim, 'PATCH', '/users/@me'))).toEqual([405, 0, '405: Method Not Allowed']);
  const old = await fetch(`${sim.apiUrl}/v5/users/@me`, { headers: { 'User-Agent': 'DiscordBot (x, 1)' } });
  expect(await old.json()).toEqual({ message: 'Invalid API version provided', code: 50041 });
});

test('what does not exist is unknown', async () => {
  const sim = await start(NO_LIMITS);
  expect(said(await raw(sim, 'POST', `/channels/${NOBODY}/messages`, { content: 'x' }))).toEqual([
    404,
    10003,
    'Unknown Channel',
  ]);
  expect(said(await raw(sim, 'PATCH', `${at(sim)}/messages/${NOBODY}`, { content: 'x' }))).toEqual([
    404,
    10008,
    'Unknown Message',
  ]);
  expect(said(await raw(sim, 'POST', '/users/@me/channels', { recipient_id: NOBODY }))).toEqual([
    404,
    10013,
    'Unknown User',
  ]);
  const gone = sim.user('ann').says('general', 'x');
  sim.user('ann').deletes(gone);
  expect(said(await raw(sim, 'DELETE', `${at(sim)}/messages/${gone.id}`))).toEqual([
    404,
    10008,
    'Unknown Message',
  ]);
});

test('a channel that the bot can not see, or whose guild threw it out, is Missing Access', async () => {
  const sim = await start({ ...NO_LIMITS, channels: ['general', 'private'] });
  sim.deny('private', ['ViewChannel']);
  expect(said(await raw(sim, 'GET', at(sim, 'private')))).toEqual([403, 50001, 'Missing Access']);
  sim.removeBot();
  expect(said(await raw(sim, 'POST', `${at(sim)}/messages`, { content: 'x' }))).toEqual([
    403,
    50001,
    'Missing Access',
  ]);
});

test.each<[PermissionName, string, (sim: DiscordSim) => Promise<Raw>]>([
  ['SendMessages', 'to send', (sim) => raw(sim, 'POST', `${at(sim)}/messages`, { content: 'x' })],
  ['SendMessages', 'to type', (sim) => raw(sim, 'POST', `${at(sim)}/typing`)],
  [
    'EmbedLinks',
    'to send embeds',
    (sim) => raw(sim, 'POST', `${at(sim)}/messages`, { embeds: [{ title: 'x' }] }),
  ],
  [
    'CreatePublicThreads',
    'to start a thread',
    (sim) => {
      const { id } = sim.user('ann').says('general', 'x');
      return raw(sim, 'POST', `${at(sim)}/messages/${id}/threads`, { name: 'x' });
    },
  ],
  [
    'CreatePrivateThreads',
    'to start a private one',
    (sim) => raw(sim, 'POST', `${at(sim)}/threads`, { name: 'x', type: 12 }),
  ],
  [
    'ReadMessageHistory',
    'to fetch one message',
    (sim) => raw(sim, 'GET', `${at(sim)}/messages/${sim.user('ann').says('general', 'x').id}`),
  ],
  [
    'AddReactions',
    'to react',
    (sim) =>
      raw(
        sim,
        'PUT',
        `${at(sim)}/messages/${sim.user('ann').says('general', 'x').id}/reactions/%F0%9F%91%8D/@me`,
      ),
  ],
])('%s is needed %s', async (permission, _what, ask) => {
  const sim = await start(NO_LIMITS);
  expect((await ask(sim)).status).toBeLessThan(300);
  sim.deny('general', [permission]);
  const again = await ask(sim);
  expect(said(again)).toEqual([403, 50013, 'Missing Permissions']);
});

test('files need AttachFiles, threads SendMessagesInThreads, and replies ReadMessageHistory', async () => {
  const sim = await start(NO_LIMITS);
  const message = sim.user('ann').says('general', 'x');
  sim.user('ann').startsThread(message, 'Thread');
  sim.deny('general', ['AttachFiles', 'SendMessagesInThreads', 'ReadMessageHistory']);
  const form = new FormData();
  form.set('files[0]', new Blob(['x']), 'x.txt');
  const headers = { Authorization: `Bot ${sim.token}`, 'User-Agent': 'DiscordBot (x, 1)' };
  const upload = await fetch(`${sim.apiUrl}/v10${at(sim)}/messages`, { method: 'POST', headers, body: form });
  expect(await upload.json()).toEqual({ message: 'Missing Permissions', code: 50013 });
  expect(said(await raw(sim, 'POST', `${at(sim, 'Thread')}/messages`, { content: 'x' }))).toEqual([
    403,
    50013,
    'Missing Permissions',
  ]);
  const reply = { content: 'x', message_reference: { message_id: message.id } };
  expect((await raw(sim, 'POST', `${at(sim)}/messages`, reply)).body.code).toBe(160002);
  expect((await raw(sim, 'GET', `${at(sim)}/messages`)).body).toEqual([]);
});

test("nobody edits another's message, and deleting it needs ManageMessages", async () => {
  const sim = await start(NO_LIMITS);
  const { id } = sim.user('ann').says('general', 'x');
  const path = `${at(sim)}/messages/${id}`;
  expect(said(await raw(sim, 'PATCH', path, { content: 'y' }))).toEqual([
    403,
    50005,
    'Cannot edit a message authored by another user',
  ]);
  expect(said(await raw(sim, 'DELETE', path))).toEqual([403, 50013, 'Missing Permissions']);
  sim.allow('general', ['ManageMessages']);
  expect((await raw(sim, 'DELETE', path)).status).toBe(204);
  expect(sim.messages('general')).toEqual([]);
});

test('who blocked the bot, or shares no guild with it, gets no direct messages', async () => {
  const sim = await start(NO_LIMITS);
  const ann = sim.user('ann');
  const { body } = await raw(sim, 'POST', '/users/@me/channels', { recipient_id: ann.user.id });
  expect((await raw(sim, 'POST', `/channels/${body.id}/messages`, { content: 'x' })).status).toBe(200);
  ann.blocks();
  expect(said(await raw(sim, 'POST', `/channels/${body.id}/messages`, { content: 'x' }))).toEqual([
    403,
    50007,
    'Cannot send messages to this user',
  ]);
  const ben = sim.user('ben');
  sim.guild.members.delete(ben.user.id);
  expect(
    (await raw(sim, 'POST', `/channels/${sim.directMessages('ben').id}/messages`, { content: 'x' })).body
      .code,
  ).toBe(50278);
});

test('a voice channel takes messages from who may connect, and a forum none', async () => {
  const sim = await start(NO_LIMITS);
  sim.addChannel('talk', ChannelType.GuildVoice);
  sim.addChannel('forum', ChannelType.GuildForum);
  const post = (channel: string) => raw(sim, 'POST', `${at(sim, channel)}/messages`, { content: 'x' });
  expect(said(await post('talk'))).toEqual([403, 50001, 'Missing Access']);
  sim.allow('talk', ['Connect']);
  expect((await post('talk')).status).toBe(200);
  expect(said(await post('forum'))).toEqual([400, 40058, 'Cannot send a message in a forum channel']);
  sim.addChannel('Category', ChannelType.GuildCategory);
  expect(said(await post('Category'))).toEqual([400, 50008, 'Cannot send messages in a non-text channel']);
});

test('a nonce that is enforced makes a post once, for as long as it is remembered', async () => {
  const pass = stopClock();
  const sim = await start({ ...NO_LIMITS, timing: { nonce: 300 } });
  const post = () =>
    raw(sim, 'POST', `${at(sim)}/messages`, { content: 'x', nonce: 'n1', enforce_nonce: true });
  const first = await post();
  pass(299);
  expect((await post()).body.id).toBe(first.body.id);
  expect(sim.messages('general')).toHaveLength(1);
  pass(1);
  expect((await post()).body.id).not.toBe(first.body.id);
});

test('a nonce is told with the post and its event, and of a message that is read back no more', async () => {
  const sim = await start(NO_LIMITS);
  const events: [string, unknown][] = [];
  sim.world.onDispatch(({ t, d }) => events.push([t, d.nonce]));
  const { body } = await raw(sim, 'POST', `${at(sim)}/messages`, { content: 'x', nonce: 'n1' });
  const { body: edited } = await raw(sim, 'PATCH', `${at(sim)}/messages/${body.id}`, { content: 'y' });
  const { body: read } = await raw(sim, 'GET', `${at(sim)}/messages/${body.id}`);
  const { body: list } = await raw(sim, 'GET', `${at(sim)}/messages`);
  const [first] = list as unknown as Json[];
  expect(events).toEqual([
    ['MESSAGE_CREATE', 'n1'],
    ['MESSAGE_UPDATE', undefined],
  ]);
  expect([body.nonce, edited.nonce, read.nonce, first?.nonce]).toEqual([
    'n1',
    undefined,
    undefined,
    undefined,
  ]);
});

test('what was posted with a nonce and deleted is not posted again', async () => {
  const sim = await start(NO_LIMITS);
  const body = { content: 'x', nonce: 'n1', enforce_nonce: true };
  const first = await raw(sim, 'POST', `${at(sim)}/messages`, body);
  await raw(sim, 'DELETE', `${at(sim)}/messages/${first.body.id}`);
  const again = await raw(sim, 'POST', `${at(sim)}/messages`, body);
  expect(said(again)).toEqual([404, 10008, 'Unknown Message']);
});

test('a link to an attachment runs out, and fetching the message brings a fresh one', async () => {
  const pass = stopClock();
  const sim = await start({ ...NO_LIMITS, timing: { attachmentLink: 50 } });
  const { id } = sim.user('ann').says('general', 'x', { files: [{ name: 'a.txt', data: 'hello' }] });
  const link = async () => {
    const { body } = await raw(sim, 'GET', `${at(sim)}/messages/${id}`);
    return String((body.attachments as { url: string }[])[0]?.url);
  };
  const old = await link();
  expect(await (await fetch(old)).text()).toBe('hello');
  expect((await fetch(old.replace('hm=', 'hm=0'))).status).toBe(404);
  pass(50);
  const expired = await fetch(old);
  expect([expired.status, await expired.text()]).toEqual([404, 'This content is no longer available.']);
  expect((await fetch(await link())).status).toBe(200);
  const refreshed = await raw(sim, 'POST', '/attachments/refresh-urls', { attachment_urls: [old] });
  const [fresh] = refreshed.body.refreshed_urls as { refreshed: string }[];
  expect((await fetch(String(fresh?.refreshed))).status).toBe(200);
});

test('what is ordered to fail fails: by status, by silence, and with its answer lost', async () => {
  const sim = await start(NO_LIMITS);
  const post = (content: string) => raw(sim, 'POST', `${at(sim)}/messages`, { content });
  sim.fail('POST /channels/:channel/messages', 500);
  expect(said(await post('a'))).toEqual([500, 0, '500: Internal Server Error']);
  sim.fail('*', 503);
  expect((await post('b')).status).toBe(503);
  sim.fail('POST /channels/:channel/messages', 'cut');
  await expect(post('c')).rejects.toThrow();
  sim.fail('POST /channels/:channel/messages', 'lost-answer');
  await expect(post('d')).rejects.toThrow();
  expect((await post('e')).status).toBe(200);
  expect(sim.messages('general').map(({ content }) => content)).toEqual(['d', 'e']);
});

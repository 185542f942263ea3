import { ChannelType } from 'discord.js';
import { expect, test } from 'vitest';
import type { DiscordSim } from './discord.ts';
import { NO_LIMITS, type Raw, raw, start } from './harness.ts';

const NOBODY = '100000000000000000';
const at = (sim: DiscordSim, channel = 'general') => `/channels/${sim.channel(channel).id}`;
const said = ({ status, body }: Raw) => [status, body.code, body.message];

test('a message has one thread, with its own id, and a thread has none', async () => {
  const sim = await start(NO_LIMITS);
  const message = sim.user('ann').says('general', 'x');
  const path = `${at(sim)}/messages/${message.id}/threads`;
  expect((await raw(sim, 'POST', path, { name: 'one' })).body.id).toBe(message.id);
  expect(said(await raw(sim, 'POST', path, { name: 'two' }))).toEqual([
    400,
    160004,
    'A thread has already been created for this message',
  ]);
  const inThread = sim.user('ann').says('one', 'y');
  expect(
    (await raw(sim, 'POST', `${at(sim, 'one')}/messages/${inThread.id}/threads`, { name: 'x' })).body.code,
  ).toBe(50024);
});

test('sending wakes an archived thread, editing does not, and a locked one takes neither', async () => {
  const sim = await start(NO_LIMITS);
  const ann = sim.user('ann');
  const thread = ann.startsThread(ann.says('general', 'x'), 'Thread');
  const messages = `${at(sim, 'Thread')}/messages`;
  const { body } = await raw(sim, 'POST', messages, { content: 'own' });
  ann.changesThread(thread, { archived: true });
  expect(said(await raw(sim, 'PATCH', `${messages}/${body.id}`, { content: 'y' }))).toEqual([
    400,
    50083,
    'Thread is archived',
  ]);
  expect((await raw(sim, 'POST', messages, { content: 'wakes' })).status).toBe(200);
  expect(thread.thread?.archived).toBe(false);
  ann.changesThread(thread, { locked: true });
  expect((await raw(sim, 'PATCH', `${messages}/${body.id}`, { content: 'y' })).body.code).toBe(160005);
  ann.changesThread(thread, { archived: true });
  expect((await raw(sim, 'POST', messages, { content: 'x' })).body.code).toBe(50083);
});

test('in an archived thread messages can be deleted and nothing else, and in a locked one not even that', async () => {
  const sim = await start(NO_LIMITS);
  const ann = sim.user('ann');
  const thread = ann.startsThread(ann.says('general', 'x'), 'Thread');
  const messages = `${at(sim, 'Thread')}/messages`;
  const post = async () => String((await raw(sim, 'POST', messages, { content: 'own' })).body.id);
  const [first, second] = [await post(), await post()];
  ann.changesThread(thread, { archived: true });
  const reaction = await raw(sim, 'PUT', `${messages}/${first}/reactions/%F0%9F%91%8D/@me`);
  expect(said(reaction)).toEqual([400, 50083, 'Thread is archived']);
  expect((await raw(sim, 'DELETE', `${messages}/${first}`)).status).toBe(204);
  ann.changesThread(thread, { locked: true });
  expect((await raw(sim, 'DELETE', `${messages}/${second}`)).body.code).toBe(50083);
});

test("a button in an archived thread wakes it first, in a locked one it can't be pressed", async () => {
  const sim = await start(NO_LIMITS);
  const ann = sim.user('ann');
  const thread = ann.startsThread(ann.says('general', 'x'), 'Thread');
  const button = { type: 2, style: 2, label: 'Go', custom_id: 'go' };
  const { body } = await raw(sim, 'POST', `${at(sim, 'Thread')}/messages`, {
    content: 'x',
    components: [{ type: 1, components: [button] }],
  });
  const message = sim.message(String(body.id));
  ann.changesThread(thread, { archived: true });
  ann.presses(message, 'Go');
  expect(thread.thread?.archived).toBe(false);
  ann.changesThread(thread, { locked: true });
  expect(() => ann.presses(message, 'Go')).toThrow('Thread is locked');
});

test('a bot brings somebody into a thread where it may write, and people see that it did', async () => {
  const sim = await start(NO_LIMITS);
  const [ann, ben] = [sim.user('ann'), sim.user('ben')];
  const thread = ann.startsThread(ann.says('general', 'x'), 'Thread');
  const add = (id: string) => raw(sim, 'PUT', `/channels/${thread.id}/thread-members/${id}`);
  expect((await add(ben.user.id)).status).toBe(204);
  expect((await add(ben.user.id)).status).toBe(204);
  expect(thread.thread?.members.has(ben.user.id)).toBe(true);
  expect(sim.view('Thread')).toContain('Bobbin:\n  added @ben to the thread.');
  expect(sim.messages('Thread')).toHaveLength(2);
  expect(sim.pings.at(-1)?.notified).toEqual(['ben']);
  expect(said(await add(NOBODY))).toEqual([404, 10013, 'Unknown User']);
  sim.deny('general', ['SendMessagesInThreads']);
  expect((await add(sim.user('cal').user.id)).body.code).toBe(50013);
  ann.changesThread(thread, { archived: true });
  expect((await add(sim.user('cal').user.id)).body.code).toBe(50083);
});

test('a guild has only so many active threads', async () => {
  const sim = await start({ ...NO_LIMITS, activeThreads: 1 });
  const begin = async (name: string) => {
    const { id } = sim.user('ann').says('general', name);
    return raw(sim, 'POST', `${at(sim)}/messages/${id}/threads`, { name });
  };
  expect((await begin('one')).status).toBe(201);
  expect(said(await begin('two'))).toEqual([400, 160006, 'Maximum number of active threads reached']);
  sim.user('ann').changesThread(sim.channel('one'), { archived: true });
  expect((await begin('three')).status).toBe(201);
});

test('a bot changes the name of its own threads, and locks none', async () => {
  const sim = await start(NO_LIMITS);
  const ann = sim.user('ann');
  const own = await raw(sim, 'POST', `${at(sim)}/messages/${ann.says('general', 'x').id}/threads`, {
    name: 'Own',
  });
  expect((await raw(sim, 'PATCH', `/channels/${own.body.id}`, { name: 'Renamed' })).body.name).toBe(
    'Renamed',
  );
  expect((await raw(sim, 'PATCH', `/channels/${own.body.id}`, { locked: true })).body.code).toBe(50013);
  const foreign = ann.startsThread(ann.says('general', 'y'), 'Foreign');
  expect((await raw(sim, 'PATCH', `/channels/${foreign.id}`, { name: 'Mine' })).body.code).toBe(50013);
});

test('a thread of its own is private unless it says otherwise, and a public one is announced', async () => {
  const sim = await start(NO_LIMITS);
  expect((await raw(sim, 'POST', `${at(sim)}/threads`, { name: 'Hidden' })).body.type).toBe(
    ChannelType.PrivateThread,
  );
  await raw(sim, 'POST', `${at(sim)}/threads`, { name: 'Open', type: ChannelType.PublicThread });
  expect(sim.view('general')).toBe('#general\nBobbin:\n  started a thread: Open');
});

test('a thread outlives its message, and a channel takes its threads with it', async () => {
  const sim = await start(NO_LIMITS);
  const ann = sim.user('ann');
  const message = ann.says('general', 'x');
  const thread = ann.startsThread(message, 'Thread');
  ann.deletes(message);
  expect((await raw(sim, 'POST', `/channels/${thread.id}/messages`, { content: 'still here' })).status).toBe(
    200,
  );
  expect(sim.view('Thread')).toContain('Original message was deleted.');
  sim.deleteChannel('general');
  expect((await raw(sim, 'POST', `/channels/${thread.id}/messages`, { content: 'x' })).body.code).toBe(10003);
});

test("a forum's post is a thread whose first message has its id, and takes nothing beside posts", async () => {
  const sim = await start(NO_LIMITS);
  const forum = sim.addChannel('help', ChannelType.GuildForum);
  const post = sim.user('ann').posts('help', 'Refunds are late', 'Since Monday.');
  const { body } = await raw(sim, 'GET', `/channels/${post.id}/messages/${post.id}`);
  expect([body.id, body.channel_id, body.content]).toEqual([post.id, post.id, 'Since Monday.']);
  expect((await raw(sim, 'GET', `/channels/${post.id}`)).body).toMatchObject({
    name: 'Refunds are late',
    parent_id: forum.id,
    type: ChannelType.PublicThread,
  });
  expect(said(await raw(sim, 'POST', `${at(sim, 'help')}/messages`, { content: 'x' }))).toEqual([
    400,
    40058,
    'Cannot send a message in a forum channel',
  ]);
});

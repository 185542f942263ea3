import { Events, GatewayIntentBits, type Message } from 'discord.js';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { DiscordSim } from './discord.ts';
import { client, INTENTS, login, raw, start } from './harness.ts';
import type { Json } from './json.ts';

/** A client's socket with no library between. */
async function socket(sim: DiscordSim, query = '?v=10&encoding=json') {
  const { body } = await raw(sim, 'GET', '/gateway/bot');
  const webSocket = new WebSocket(`${body.url}/${query}`);
  const packets: Json[] = [];
  webSocket.on('message', (data) => packets.push(JSON.parse(String(data))));
  const closed = new Promise<number>((resolve) => webSocket.on('close', resolve));
  await new Promise((resolve) => webSocket.once('open', resolve));
  const send = (op: number, d: unknown) => webSocket.send(JSON.stringify({ op, d }));
  const packet = (op: number, t?: string) =>
    packets.find((p) => p.op === op && (t === undefined || p.t === t));
  /** Waits for READY and gives the session's id. */
  const ready = async () => {
    await sim.until(() => packet(0, 'READY') !== undefined);
    return (packet(0, 'READY')?.d as Json | undefined)?.session_id;
  };
  return { webSocket, packets, closed, send, packet, ready };
}

const identity = (sim: DiscordSim, more: Json = {}) => ({
  token: sim.token,
  intents: GatewayIntentBits.Guilds | GatewayIntentBits.GuildMessages,
  properties: { os: 'linux', browser: 'test', device: 'test' },
  ...more,
});

function collect(bot: { on(event: string, listener: (message: Message) => void): unknown }): string[] {
  const heard: string[] = [];
  bot.on(Events.MessageCreate, ({ content }) => heard.push(content));
  return heard;
}

test('a wrong token is refused by REST, and by the gateway with 4004', async () => {
  const sim = await start();
  await expect(client(sim).login('wrong')).rejects.toThrow('An invalid token was provided.');
  const { send, closed } = await socket(sim);
  send(2, identity(sim, { token: 'wrong' }));
  expect(await closed).toBe(4004);
});

test('a privileged intent that is not switched on closes with 4014, and an unknown one with 4013', async () => {
  const sim = await start({ privilegedIntents: [] });
  const bot = client(sim);
  const disconnected = new Promise<number>((resolve) =>
    bot.once(Events.ShardDisconnect, ({ code }) => resolve(code)),
  );
  bot.login(sim.token).catch(() => undefined);
  expect(await disconnected).toBe(4014);
  const { send, closed } = await socket(sim);
  send(2, identity(sim, { intents: 1 << 30 }));
  expect(await closed).toBe(4013);
});

test('without the MessageContent intent only direct messages, own ones and mentions carry their content', async () => {
  const sim = await start({ privilegedIntents: [] });
  const bot = await login(sim, {
    intents: INTENTS.filter((bit) => bit !== GatewayIntentBits.MessageContent),
  });
  const heard: [string, number][] = [];
  bot.on(Events.MessageCreate, ({ content, attachments, messageSnapshots, poll }) =>
    heard.push([content, attachments.size + messageSnapshots.size + (poll ? 1 : 0)]),
  );
  const ann = sim.user('ann');
  const files = [{ name: 'a.txt', data: 'a' }];
  const hidden = ann.says('general', 'secret', { files });
  ann.says('general', `${sim.mention} open`, { files });
  ann.says('general', `\`${sim.mention}\` is code`);
  ann.says('general', '', { poll: { question: 'Lunch?', answers: [{ text: 'Yes', votes: 0 }] } });
  ann.forwards(hidden, 'general');
  ann.dm('direct', { files });
  const channel = await bot.channels.fetch(sim.channel('general').id);
  if (!channel?.isSendable()) throw new Error('not sendable');
  const own = await channel.send('own');
  ann.says('general', 'a reply that pings', { replyTo: sim.message(own.id) });
  await sim.until(() => heard.length === 8);
  expect(heard).toEqual([
    ['', 0],
    [`${sim.mention} open`, 1],
    ['', 0],
    ['', 0],
    ['', 0],
    ['direct', 1],
    ['own', 0],
    ['a reply that pings', 0],
  ]);
  expect((await channel.messages.fetch({ message: hidden.id, force: true })).content).toBe('');
});

test('events come only to those who asked for them by their intents', async () => {
  const sim = await start();
  const bot = await login(sim, { intents: [GatewayIntentBits.Guilds] });
  const names: string[] = [];
  bot.on(Events.Raw, ({ t }: { t: string }) => names.push(t));
  const ann = sim.user('ann');
  ann.dm('hello');
  ann.types('general');
  const message = ann.says('general', 'hello');
  ann.startsThread(message, 'Thread');
  await sim.until(() => names.includes('THREAD_CREATE'));
  expect(names).toEqual(['THREAD_CREATE']);
});

test('a dropped socket resumes and hears what it missed, once', async () => {
  const sim = await start();
  const bot = await login(sim);
  const heard = collect(bot);
  sim.user('ann').says('general', 'before');
  await sim.until(() => heard.length === 1);
  sim.gateway.drop();
  sim.user('ann').says('general', 'during');
  await sim.until(() => sim.gateway.resumes === 1);
  sim.user('ann').says('general', 'after');
  await sim.until(() => heard.length === 3);
  expect(heard).toEqual(['before', 'during', 'after']);
  expect(sim.gateway.identifies).toBe(1);
});

test('told to reconnect, the client resumes', async () => {
  const sim = await start();
  await login(sim);
  sim.gateway.reconnect();
  await sim.until(() => sim.gateway.resumes === 1);
  expect(sim.gateway.identifies).toBe(1);
});

test('an invalid session starts anew, and what was missed in between is lost', async () => {
  const sim = await start({ timing: { identify: 0 } });
  const bot = await login(sim);
  const heard = collect(bot);
  sim.gateway.invalidate(false);
  sim.user('ann').says('general', 'lost');
  await sim.until(() => sim.gateway.identifies === 2 && sim.gateway.connected === 1);
  sim.user('ann').says('general', 'after');
  await sim.until(() => heard.length > 0);
  expect(heard).toEqual(['after']);
});

test('an invalid session that is resumable is resumed on the same socket', async () => {
  const sim = await start();
  await login(sim);
  sim.gateway.invalidate(true);
  await sim.until(() => sim.gateway.resumes === 1);
  expect(sim.gateway.identifies).toBe(1);
});

test('the sessions of a day are counted, and the day has an end', async () => {
  const sim = await start({ sessionStarts: 2 });
  await login(sim);
  const { body } = await raw(sim, 'GET', '/gateway/bot');
  const reset_after = expect.closeTo(86_400_000, -5);
  expect(body.session_start_limit).toEqual({ total: 2, remaining: 1, reset_after, max_concurrency: 1 });
});

test('a session that was forgotten can not be resumed: the client identifies again', async () => {
  const sim = await start({ timing: { identify: 0 } });
  const bot = await login(sim);
  const ready = new Promise((resolve) => bot.once(Events.ShardReady, resolve));
  sim.gateway.forgetSessions();
  sim.gateway.drop();
  await ready;
  expect(sim.gateway.identifies).toBe(2);
  expect(sim.gateway.resumes).toBe(0);
});

test('heartbeats that nobody acknowledges make the client leave a zombie and resume', async () => {
  const sim = await start({ heartbeatInterval: 1_000 });
  await login(sim);
  sim.gateway.acknowledges = false;
  await sim.until(() => sim.gateway.resumes === 1);
  expect(sim.gateway.identifies).toBe(1);
});

test('a client without heartbeats is closed with 4009, and can resume', async () => {
  const sim = await start({ heartbeatInterval: 40 });
  const first = await socket(sim);
  first.send(2, identity(sim));
  const session_id = await first.ready();
  expect(await first.closed).toBe(4009);
  const second = await socket(sim);
  second.send(6, { token: sim.token, session_id, seq: 1 });
  await sim.until(() => sim.gateway.resumes === 1);
});

test('a second IDENTIFY too early is an invalid session', async () => {
  const sim = await start();
  const first = await socket(sim);
  first.send(2, identity(sim));
  await first.ready();
  const second = await socket(sim);
  second.send(2, identity(sim));
  await sim.until(() => second.packet(9) !== undefined);
  expect(second.packet(9)).toMatchObject({ d: false });
  expect(sim.gateway.identifies).toBe(1);
});

test('READY names guilds as unavailable, and each follows in full', async () => {
  const sim = await start();
  sim.addGuild('Second');
  const { send, packets } = await socket(sim);
  send(2, identity(sim));
  await sim.until(() => packets.length === 4);
  expect(packets.map(({ op, t, s }) => [op, t, s])).toEqual([
    [10, null, null],
    [0, 'READY', 1],
    [0, 'GUILD_CREATE', 2],
    [0, 'GUILD_CREATE', 3],
  ]);
  expect(packets[1]?.d).toMatchObject({
    guilds: [...sim.world.guilds.keys()].map((id) => ({ id, unavailable: true })),
  });
});

const offences: [string, number, [number, unknown][]][] = [
  ['anything before IDENTIFY', 4003, [[3, {}]]],
  ['an unknown opcode', 4001, [[99, {}]]],
  [
    'IDENTIFY twice',
    4005,
    [
      [2, null],
      [2, null],
    ],
  ],
  ['a payload of more than 4,096 bytes', 4002, [[3, 'x'.repeat(4096)]]],
  ['a shard that does not exist', 4010, [[2, { shard: [1, 1] }]]],
  ['more than 120 events in a minute', 4008, Array.from({ length: 121 }, () => [1, null])],
];

test.each(offences)('%s closes with %i', async (_what, code, sends) => {
  const sim = await start();
  const { send, closed } = await socket(sim);
  for (const [op, d] of sends) send(op, op === 2 ? identity(sim, (d ?? {}) as Json) : d);
  expect(await closed).toBe(code);
});

test('another version or compression is refused', async () => {
  const sim = await start();
  expect(await (await socket(sim, '?v=9&encoding=json')).closed).toBe(4012);
  expect(await (await socket(sim, '?v=10&encoding=json&compress=zlib-stream')).closed).toBe(4002);
});

test('RESUME with a sequence that was never sent closes with 4007', async () => {
  const sim = await start();
  const first = await socket(sim);
  first.send(2, identity(sim));
  const session_id = await first.ready();
  first.webSocket.terminate();
  const second = await socket(sim);
  second.send(6, { token: sim.token, session_id, seq: 99 });
  expect(await second.closed).toBe(4007);
});

test('a client that says goodbye with 1000 has ended its session', async () => {
  const sim = await start();
  const first = await socket(sim);
  first.send(2, identity(sim));
  const session_id = await first.ready();
  first.webSocket.close(1000);
  await sim.until(() => sim.gateway.connected === 0);
  const second = await socket(sim);
  second.send(6, { token: sim.token, session_id, seq: 1 });
  await sim.until(() => second.packet(9) !== undefined);
  expect(second.packet(9)).toMatchObject({ d: false });
});

test('shards share the guilds, and direct messages go to the first', async () => {
  const sim = await start({ timing: { identify: 0 } });
  const heard: string[][] = [[], []];
  for (const shard of [0, 1]) {
    const { send, webSocket, ready } = await socket(sim);
    webSocket.on('message', (data) => {
      const { t } = JSON.parse(String(data));
      if (t === 'MESSAGE_CREATE') heard[shard]?.push(t);
    });
    send(2, identity(sim, { shard: [shard, 2], intents: 512 | 4096 | 1 }));
    await ready();
  }
  sim.user('ann').dm('direct');
  sim.user('ann').says('general', 'in the guild');
  await sim.until(() => heard.flat().length === 2);
  const guildShard = Number((BigInt(sim.guild.id) >> 22n) % 2n);
  expect(heard.map(({ length }) => length)).toEqual(guildShard === 0 ? [2, 0] : [1, 1]);
});

test('an event can be delivered twice or never', async () => {
  let copies = 2;
  const sim = await start({ copies: (event) => (event === 'MESSAGE_CREATE' ? copies : 1) });
  const bot = await login(sim);
  const heard: string[] = [];
  // discord.js itself tells of a message once: it knows it from its cache.
  bot.on(Events.Raw, ({ t, d }: { t: string; d: Json }) => {
    if (t === 'MESSAGE_CREATE') heard.push(String(d.content));
  });
  sim.user('ann').says('general', 'twice');
  copies = 0;
  sim.user('ann').says('general', 'never');
  copies = 1;
  sim.user('ann').says('general', 'once');
  await sim.until(() => heard.length === 3);
  expect(heard).toEqual(['twice', 'twice', 'once']);
});

test('an outage of a guild hides its events, and its end brings the guild back', async () => {
  const sim = await start();
  const bot = await login(sim);
  const heard = collect(bot);
  sim.setAvailable(false);
  sim.user('ann').says('general', 'unheard');
  sim.setAvailable(true);
  sim.user('ann').says('general', 'heard');
  await sim.until(() => heard.length > 0);
  expect(heard).toEqual(['heard']);
  expect(bot.guilds.cache.get(sim.guild.id)?.available).toBe(true);
});

test('a channel that the bot can not view is silent', async () => {
  const sim = await start({ channels: ['general', 'private'] });
  sim.deny('private', ['ViewChannel']);
  const bot = await login(sim);
  const heard = collect(bot);
  sim.user('ann').says('private', 'unheard');
  sim.user('ann').says('general', 'heard');
  await sim.until(() => heard.length > 0);
  expect(heard).toEqual(['heard']);
});

test('a session that another socket has resumed outlives the first socket', async () => {
  const sim = await start();
  const first = await socket(sim);
  first.send(2, identity(sim));
  const session_id = await first.ready();
  const second = await socket(sim);
  second.send(6, { token: sim.token, session_id, seq: 2 });
  await sim.until(() => second.packet(0, 'RESUMED') !== undefined);
  first.webSocket.close(1000);
  await first.closed;
  await sim.until(() => sim.gateway.connected === 1);
  sim.user('ann').says('general', 'still heard');
  await sim.until(() => second.packet(0, 'MESSAGE_CREATE') !== undefined);
});

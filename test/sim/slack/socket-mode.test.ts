import { once } from 'node:events';
import type { App } from '@slack/bolt';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { client, slack, socketApp, thread } from './fixture.ts';
import type { Json } from './objects.ts';
import type { SlackSim } from './slack.ts';

/** A bare client that reads frames and acknowledges nothing by itself. */
async function link(sim: SlackSim) {
  const { url = '' } = await client(sim, sim.app.appToken).apps.connections.open({});
  const socket = new WebSocket(url);
  const frames: Json[] = [];
  socket.on('message', (data) => frames.push(Object(JSON.parse(String(data)))));
  /** Resolves when so many frames have come. */
  const heard = async (count: number) => {
    while (frames.length < count) await once(socket, 'message');
  };
  await heard(1);
  return { socket, frames, heard };
}

/** The shortest that Bolt may wait before it connects again: as long may its pings stay without an answer. */
const RECONNECT_MS = 2_000;

const eventOf = (frame: Json | undefined) => Object(frame?.payload).event;

test('Bolt gets a mention both as app_mention and as message, and its reply is seen', async () => {
  const sim = await slack();
  const heard: string[] = [];
  await socketApp(sim, (app) => {
    app.event('app_mention', async ({ event, say }) => {
      heard.push(`mention ${event.text}`);
      await say({ text: 'Hello', thread_ts: event.ts });
    });
    app.message(async ({ message }) => {
      heard.push(`message ${message.channel_type} ${'text' in message ? message.text : ''}`);
    });
  });
  sim.user('ann').says('C0GENERAL', '@bobbin hi');
  await sim.until(() => sim.texts('C0GENERAL').length === 1);
  await sim.settled();
  expect(heard.sort()).toEqual([
    'mention <@U0BOBBIN> hi',
    'message channel <@U0BOBBIN> hi',
    'message channel Hello',
  ]);
  expect(sim.view('C0GENERAL')).toBe('#general\nann: @bobbin hi\n  bobbin [app]: Hello');
});

test('direct messages come as message.im only, and nothing comes from where the bot is not', async () => {
  const sim = await slack();
  const { frames, heard } = await link(sim);
  const ann = sim.user('ann');
  ann.says(ann.dm, '@bobbin hi');
  ann.says('C0ELSEWHERE', '@bobbin hi');
  await heard(2);
  expect(frames.slice(1).map(eventOf)).toEqual([
    expect.objectContaining({
      type: 'message',
      channel_type: 'im',
      user: 'U0ANN',
      client_msg_id: expect.any(String),
    }),
  ]);
});

test('without the event or its scope nothing comes', async () => {
  const sim = await slack({
    events: ['app_mention', 'message.channels'],
    scopes: ['app_mentions:read', 'chat:write'],
  });
  const { frames, heard } = await link(sim);
  thread(sim);
  await heard(2);
  expect(frames.slice(1).map((frame) => eventOf(frame).type)).toEqual(['app_mention']);
});

test('edits and deletions come as message_changed and message_deleted', async () => {
  const sim = await slack({ events: ['message.channels'] });
  const { frames, heard } = await link(sim);
  const ann = sim.user('ann');
  const message = ann.says('C0GENERAL', 'frist');
  ann.edits(message, 'first');
  ann.deletes(message);
  await heard(4);
  expect(frames.slice(1).map(eventOf)).toEqual([
    expect.objectContaining({ text: 'frist' }),
    expect.objectContaining({
      subtype: 'message_changed',
      message: expect.objectContaining({ text: 'first', edited: expect.anything() }),
      previous_message: expect.objectContaining({ text: 'frist' }),
    }),
    expect.objectContaining({ subtype: 'message_deleted', deleted_ts: message.ts }),
  ]);
});

test('an event that nobody acknowledges comes again, with the attempt and the reason, until there are no more', async () => {
  const sim = await slack({ events: ['message.channels'], timing: { ackMs: 5, retryDelaysMs: [0, 5, 10] } });
  const { frames, heard } = await link(sim);
  sim.user('ann').says('C0GENERAL', 'hi');
  await sim.settled();
  await heard(5);
  const [hello, ...events] = frames;
  expect(hello).toMatchObject({ type: 'hello', num_connections: 1 });
  expect(events.map((frame) => [frame.retry_attempt, frame.retry_reason])).toEqual([
    [0, ''],
    [1, 'timeout'],
    [2, 'timeout'],
    [3, 'timeout'],
  ]);
  expect(new Set(events.map((frame) => Object(frame.payload).event_id)).size).toBe(1);
  expect(new Set(events.map((frame) => frame.envelope_id)).size).toBe(4);
  expect(sim.delivery.log).toMatchObject([{ attempts: 4, outcome: { acked: false } }]);
});

test('an acknowledged event does not come again', async () => {
  const sim = await slack({ events: ['message.channels'], timing: { ackMs: 2_000, retryDelaysMs: [0] } });
  const { socket, frames } = await link(sim);
  socket.on('message', (data) =>
    socket.send(JSON.stringify({ envelope_id: Object(JSON.parse(String(data))).envelope_id })),
  );
  sim.user('ann').says('C0GENERAL', 'hi');
  await sim.settled();
  expect(frames).toHaveLength(2);
  expect(sim.delivery.log).toMatchObject([{ attempts: 1, outcome: { acked: true } }]);
});

test('each event goes to one of the connections, and there are at most ten', async () => {
  const sim = await slack({ events: ['message.channels'], timing: { ackMs: 5, retryDelaysMs: [] } });
  const links = [];
  for (let count = 0; count < 11; count += 1) links.push(await link(sim));
  expect(links.at(-1)?.frames).toMatchObject([{ type: 'disconnect', reason: 'too_many_websockets' }]);
  expect(sim.socketMode.connections).toBe(10);
  for (let count = 0; count < 10; count += 1) sim.user('ann').says('C0GENERAL', 'hi');
  await sim.settled();
  await Promise.all(links.slice(0, 10).map(({ heard }) => heard(2)));
  expect(links.map(({ frames }) => frames.length)).toEqual([...Array.from({ length: 10 }, () => 2), 1]);
});

test('an address can be connected to once', async () => {
  const sim = await slack();
  const { url = '' } = await client(sim, sim.app.appToken).apps.connections.open({});
  await once(new WebSocket(url), 'message');
  const [error] = await once(new WebSocket(url), 'error');
  expect(String(error)).toContain('401');
});

test.each([
  ['a refresh', (sim: SlackSim) => sim.socketMode.disconnect('refresh_requested')],
  ['a cut without any frame', (sim: SlackSim) => sim.socketMode.drop()],
])('Bolt comes back after %s, and what happened meanwhile arrives', async (_, interrupt) => {
  const sim = await slack({ timing: { retryDelaysMs: Array.from({ length: 1_000 }, () => 20) } });
  const heard: unknown[] = [];
  const listen = (app: App) => app.event('app_mention', async ({ event }) => void heard.push(event.text));
  await socketApp(sim, listen, RECONNECT_MS);
  interrupt(sim);
  thread(sim);
  await sim.settled();
  expect(heard).toEqual(['<@U0BOBBIN> hello']);
  expect(sim.counters.of('apps.connections.open').calls).toBe(2);
});

test('events can be doubled, held back and reordered', async () => {
  const sim = await slack({ events: ['message.channels'] });
  const heard: string[] = [];
  await socketApp(sim, (app) =>
    app.event(
      'message',
      async ({ event, body }) => void heard.push(`${'text' in event ? event.text : ''} ${body.event_id}`),
    ),
  );
  sim.delivery.duplicateNext(1);
  sim.user('ann').says('C0GENERAL', 'twice');
  await sim.settled();
  expect(heard).toHaveLength(2);
  expect(new Set(heard).size).toBe(1);
  sim.delivery.hold();
  sim.user('ann').says('C0GENERAL', 'first');
  sim.user('ann').says('C0GENERAL', 'second');
  expect(heard).toHaveLength(2);
  sim.delivery.release('reversed');
  await sim.settled();
  expect(heard.slice(2).map((each) => each.split(' ')[0])).toEqual(['second', 'first']);
});

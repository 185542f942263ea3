import { expect, onTestFinished, test, vi } from 'vitest';
import { ACTIONS } from '../../../adapters/slack/surface.ts';
import { openHttp } from '../../../src/operations/http.ts';
import { dial } from '../../assistants/served.ts';
import { ScriptedModel, says } from '../../sim/scripted-model.ts';
import { ODD_PAYLOADS, unhandledRejections } from './odd-payloads.ts';
import { asks, GENERAL, isQuiet, openWorld } from './world.ts';

async function served(...texts: string[]) {
  const world = await openWorld({ model: new ScriptedModel(...texts.map((text) => says(text))), by: 'http' });
  const http = await openHttp({
    port: 0,
    hostname: '127.0.0.1',
    ready: () => true,
    listeners: world.slack.httpListeners,
  });
  onTestFinished(() => http.close());
  const url = `http://127.0.0.1:${http.port}/slack/events`;
  await world.bot.connect(world.slack);
  return { ...world, url };
}

test('with a signing secret events, clicks and commands come over HTTP, at an address that Slack has verified', async () => {
  const { sim, url } = await served('By HTTP.', 'Again.');
  await sim.useRequestUrl(url);
  const thread = asks(sim);
  await thread.quiet();
  expect(thread.text()).toBe('By HTTP.');
  const last = sim.workspace.replies(sim.workspace.channel(GENERAL), thread.ts).at(-1);
  await sim.user('ann').presses({ channel: GENERAL, ts: last?.ts ?? '' }, ACTIONS.regenerate);
  await sim.until(() => thread.text() === 'By HTTP.Again.' && isQuiet(thread.view()));
  expect(await sim.user('ann').command('/bobbin', 'help', GENERAL)).toMatchObject({ acked: true });
  expect(sim.socketMode.connections).toBe(0);
});

test('a request that is not signed by Slack is refused, and so is every other path', async () => {
  const { sim, url } = await served('x');
  const body = JSON.stringify({ type: 'event_callback', event: { type: 'app_mention' } });
  const headers = { 'content-type': 'application/json' };
  expect((await fetch(url, { method: 'POST', body, headers })).status).toBe(401);
  const signed = {
    'x-slack-signature': 'v0=00',
    'x-slack-request-timestamp': `${Math.floor(Date.now() / 1_000)}`,
  };
  expect((await fetch(url, { method: 'POST', body, headers: { ...headers, ...signed } })).status).toBe(401);
  expect((await fetch(`${url}/more`, { method: 'POST', body })).status).toBe(404);
  expect((await fetch(url)).status).toBe(404);
  expect(sim.counters.of('chat.postMessage').calls).toBe(0);
});

test('what an odd request throws ends with that request', async () => {
  const { sim, url } = await served('Fine again.');
  await sim.useRequestUrl(url);
  const unhandled = unhandledRejections();
  for (const { type, payload } of ODD_PAYLOADS)
    void sim.delivery.dispatch({ type, payload: Object(payload) });
  void sim.delivery.dispatch(JSON.parse('{ "type": "events_api", "payload": null }'));
  const thread = asks(sim);
  await thread.quiet();
  expect(thread.text()).toBe('Fine again.');
  expect(unhandled).toEqual([]);
});

const deep = '['.repeat(1024 * 1024);

test('what is not signed is refused before any of it is parsed', async () => {
  const { url } = await served('x');
  const parse = vi.spyOn(JSON, 'parse');
  onTestFinished(() => parse.mockRestore());
  const types = ['application/json', 'application/x-www-form-urlencoded'];
  const headers = { 'x-slack-signature': 'v0=00', 'x-slack-request-timestamp': `${Date.now() / 1_000}` };
  for (const type of types)
    for (const body of [deep, `payload=${deep.slice(8)}`])
      expect(
        (await fetch(url, { method: 'POST', body, headers: { ...headers, 'content-type': type } })).status,
      ).toBe(401);
  expect(parse.mock.calls.some(([text]) => text.length > 1_000_000)).toBe(false);
});

test.each([
  ['told to be', 'content-length: 1099511627776', ''],
  ['as it turns out to be', 'transfer-encoding: chunked', '200000\r\n'],
])('of a body that is too long, %s, no more is read than it takes to know that', async (_, header, chunk) => {
  const { url } = await served('x');
  const { port } = new URL(url);
  const { write, received, closed } = await dial(Number(port));
  await write(`POST /slack/events HTTP/1.1\r\nhost: x\r\n${header}\r\n\r\n${chunk}`);
  if (chunk !== '') await write(Buffer.alloc(0x200000, '['));
  await closed;
  expect(received()).toMatch(/^HTTP\/1\.1 413 /);
});

import { expect, onTestFinished, test } from 'vitest';
import { ACTIONS } from '../../../adapters/slack/surface.ts';
import { openHttp } from '../../../src/operations/http.ts';
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

import { createHmac } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { ACTIONS, SHORTCUTS } from '../../../adapters/slack/surface.ts';
import { openHttp } from '../../../src/operations/http.ts';
import { ScriptedModel, says } from '../../sim/scripted-model.ts';
import type { Envelope } from '../../sim/slack/delivery.ts';
import { asks, GENERAL, logged, openWorld, type World } from './world.ts';

/** A bot that Slack reaches by HTTP. */
async function served() {
  const world = await openWorld({ model: new ScriptedModel(says('One.'), says('Two.')), by: 'http' });
  const { httpListeners: listeners } = world.slack;
  const http = await openHttp({ port: 0, hostname: '127.0.0.1', ready: () => true, listeners });
  onTestFinished(() => http.close());
  const url = `http://127.0.0.1:${http.port}/slack/events`;
  await world.bot.connect(world.slack);
  await world.sim.useRequestUrl(url);
  return { ...world, url };
}

/** Has everything that Slack sends from here on say something else. */
function saying({ sim }: World, change: (payload: Envelope['payload']) => object): void {
  const dispatch = sim.delivery.dispatch.bind(sim.delivery);
  sim.delivery.dispatch = ({ type, payload }) =>
    dispatch({ type, payload: { ...payload, ...change(payload) } });
}

const EVIL = 'T0EVIL';
const installed = (team_id: string | null, enterprise_id: string | null = null) => ({
  authorizations: [{ team_id, enterprise_id, user_id: 'U0BOT', is_bot: true, is_enterprise_install: false }],
});

const STRANGERS: [string, object][] = [
  ['another workspace', { team_id: EVIL, context_team_id: EVIL, team: { id: EVIL }, ...installed(EVIL) }],
  ['another app', { api_app_id: 'A0OTHER' }],
  [
    'another organization',
    { team_id: EVIL, team: null, enterprise: { id: 'E0EVIL' }, ...installed(null, 'E0EVIL') },
  ],
  ['nobody that it names', { team_id: undefined, team: undefined, authorizations: [] }],
];

test.each(STRANGERS)(
  'what is signed and for %s is left out, and Slack is not told to try again',
  async (_who, change) => {
    const world = await served();
    const { sim, bot } = world;
    const ann = sim.user('ann');
    const known = asks(sim, 'one');
    await known.quiet();
    const reply = sim.workspace.replies(sim.workspace.channel(GENERAL), known.ts).at(-1);
    const last = { channel: GENERAL, ts: reply?.ts ?? '' };
    const before = sim.thread(GENERAL, known.ts);
    saying(world, () => change);
    ann.says(GENERAL, '@bobbin two');
    ann.says(ann.dm, 'two');
    await ann.presses(last, ACTIONS.regenerate);
    await ann.usesShortcut(last, SHORTCUTS.new);
    await ann.command('/bobbin', 'new', GENERAL);
    await sim.settled();
    await logged(world, 'what Slack sends for another workspace or app is left out');
    expect(sim.delivery.log.every(({ outcome }) => outcome.acked)).toBe(true);
    expect(sim.thread(GENERAL, known.ts)).toBe(before);
    expect(sim.texts(ann.dm)).toEqual([]);
    expect((await bot.store.page('conversations', '', 9)).map(([name]) => name)).toEqual([
      `slack:${GENERAL}:${known.ts}`,
    ]);
  },
);

const OURS: [string, object][] = [
  ['in a channel shared with another workspace', { team_id: EVIL, is_ext_shared_channel: true }],
  ['seen through this workspace', { team_id: EVIL, context_team_id: 'T0ACME', ...installed(EVIL) }],
];

test.each(OURS)('what happens %s is answered', async (_where, change) => {
  const world = await served();
  saying(world, () => change);
  const thread = asks(world.sim, 'one');
  await thread.quiet();
  expect(thread.text()).toBe('One.');
});

test('somebody of another workspace presses buttons and uses shortcuts in a shared channel', async () => {
  const world = await served();
  const { sim } = world;
  const thread = asks(sim, 'one');
  await thread.quiet();
  saying(world, ({ user }) => ({ user: { ...Object(user), team_id: EVIL } }));
  const reply = sim.workspace.replies(sim.workspace.channel(GENERAL), thread.ts).at(-1);
  await sim.user('ben').presses({ channel: GENERAL, ts: reply?.ts ?? '' }, ACTIONS.regenerate);
  await sim.until(() => thread.text() === 'One.Two.');
});

/** Slack's own request, as somebody who has seen or bought the secret would send it. */
function signed(secret: string, body: string, at: number, type = 'application/json'): RequestInit {
  const timestamp = String(Math.floor(at / 1_000));
  const digest = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
  const headers = {
    'content-type': type,
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': `v0=${digest}`,
  };
  return { method: 'POST', body, headers };
}

const MINUTE = 60_000;

test.each([-6, 6, 600, 60 * 24 * 365])(
  'a request that is signed for %d minutes from now is refused',
  async (minutes) => {
    const { sim, url } = await served();
    const body = JSON.stringify({ type: 'url_verification', challenge: 'x' });
    const { signingSecret } = sim.app;
    const status = async (at: number) => (await fetch(url, signed(signingSecret, body, at))).status;
    expect(await status(Date.now() + minutes * MINUTE)).toBe(401);
    expect(await status(Date.now() + Math.sign(minutes) * 4 * MINUTE)).toBe(200);
  },
);

test('a signed request that comes again does nothing again, however its signature is written', async () => {
  const { sim, url } = await served();
  const thread = asks(sim, 'one');
  await thread.quiet();
  const reply = sim.workspace.replies(sim.workspace.channel(GENERAL), thread.ts).at(-1);
  let payload: unknown;
  const dispatch = sim.delivery.dispatch.bind(sim.delivery);
  sim.delivery.dispatch = (envelope) => {
    payload = envelope.payload;
    return dispatch(envelope);
  };
  await sim.user('ben').usesShortcut({ channel: GENERAL, ts: reply?.ts ?? '' }, SHORTCUTS.new);
  const forgotten = '(only visible to ben) I have forgotten what was said.';
  const times = () => thread.view().split(forgotten).length - 1;
  await sim.until(() => times() === 1);
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const form = 'application/x-www-form-urlencoded';
  const request = signed(sim.app.signingSecret, body, Date.now() - MINUTE, form);
  const headers = new Headers(request.headers);
  const odd = headers.get('x-slack-signature')?.concat('=again') ?? '';
  const again = { ...request, headers: { ...request.headers, 'x-slack-signature': odd } };
  expect((await fetch(url, request)).status).toBe(200);
  await sim.until(() => times() === 2);
  expect((await fetch(url, request)).status).toBe(200);
  expect((await fetch(url, again)).status).toBe(401);
  await sim.user('ann').command('/bobbin', 'help', GENERAL);
  expect(times()).toBe(2);
});

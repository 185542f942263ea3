import type { Server } from 'node:http';
import { App, HTTPReceiver } from '@slack/bolt';
import { expect, onTestFinished, test } from 'vitest';
import { SILENT, slack } from './fixture.ts';
import { serve } from './http-fixture.ts';
import type { SlackSim } from './slack.ts';

/** A real Bolt app behind its HTTP receiver. */
async function httpApp(
  sim: SlackSim,
  configure: (app: App) => void,
  signingSecret = sim.app.signingSecret,
): Promise<string> {
  const receiver = new HTTPReceiver({ signingSecret, logger: SILENT });
  const app = new App({
    token: sim.app.botToken,
    receiver,
    clientOptions: { slackApiUrl: sim.apiUrl },
    logger: SILENT,
  });
  configure(app);
  const server: Server = Object(await app.start(0));
  onTestFinished(async () => {
    await app.stop();
  });
  return `http://127.0.0.1:${Object(server.address()).port}/slack/events`;
}

test('Bolt’s HTTP receiver passes the challenge, hears events and answers', async () => {
  const sim = await slack();
  const url = await httpApp(sim, (app) =>
    app.event('app_mention', async ({ event, say }) => {
      await say({ text: 'Hello', thread_ts: event.ts });
    }),
  );
  await sim.useRequestUrl(url);
  sim.user('ann').says('C0GENERAL', '@bobbin hi');
  await sim.until(() => sim.texts('C0GENERAL').length === 1);
  await sim.settled();
  expect(sim.view('C0GENERAL')).toBe('#general\nann: @bobbin hi\n  bobbin [app]: Hello');
});

test('commands, clicks and shortcuts come as forms', async () => {
  const sim = await slack();
  const heard: string[] = [];
  const url = await httpApp(sim, (app) => {
    app.command('/bobbin', async ({ command, ack }) => {
      heard.push(`${command.user_name} ${command.text}`);
      await ack('Here is help.');
    });
    app.shortcut('ask', async ({ shortcut, ack }) => {
      heard.push(shortcut.type);
      await ack();
    });
  });
  await sim.useRequestUrl(url);
  await sim.user('ann').command('/bobbin', 'help', 'C0GENERAL');
  const message = sim.user('ann').says('C0GENERAL', 'hi');
  await sim.user('ann').usesShortcut(message, 'ask');
  expect(heard).toEqual(['ann help', 'message_action']);
  expect(sim.view('C0GENERAL')).toContain('(only visible to ann) Here is help.');
});

test('an app with another signing secret does not pass the verification', async () => {
  const sim = await slack();
  const url = await httpApp(sim, () => {}, 'another secret');
  await expect(sim.useRequestUrl(url)).rejects.toThrow('The request URL answered 401');
});

test('an event that fails comes again with X-Slack-Retry-Num and -Reason', async () => {
  const sim = await slack({
    events: ['message.channels'],
    timing: { ackMs: 1_000, retryDelaysMs: [0, 5, 5] },
  });
  const { url, requests } = await serve((count) =>
    count === 1 ? 'silent' : { status: count === 2 ? 500 : 200 },
  );
  await sim.useRequestUrl(url);
  sim.user('ann').says('C0GENERAL', 'hi');
  await sim.settled();
  expect(
    requests.map(({ headers }) => [headers['x-slack-retry-num'], headers['x-slack-retry-reason']]),
  ).toEqual([
    [undefined, undefined],
    [undefined, undefined],
    ['1', 'http_timeout'],
    ['2', 'http_error'],
  ]);
  expect(sim.delivery.log).toMatchObject([{ attempts: 3, outcome: { acked: true } }]);
});

test('X-Slack-No-Retry ends the retries, and nobody listening counts as a failed connection', async () => {
  const sim = await slack({ events: ['message.channels'], timing: { retryDelaysMs: [0] } });
  const { url, close } = await serve((count) => ({
    status: count === 0 ? 200 : 500,
    headers: { 'x-slack-no-retry': '1' },
  }));
  await sim.useRequestUrl(url);
  sim.user('ann').says('C0GENERAL', 'hi');
  await sim.settled();
  await close();
  sim.user('ann').says('C0GENERAL', 'hi');
  await sim.settled();
  expect(sim.delivery.log).toMatchObject([
    { attempts: 1, outcome: { reason: 'http_error' } },
    { attempts: 2, outcome: { reason: 'connection_failed' } },
  ]);
});

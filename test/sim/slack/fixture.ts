import { App, type Logger, LogLevel, SocketModeReceiver } from '@slack/bolt';
import { type WebAPICallResult, WebClient } from '@slack/web-api';
import { onTestFinished } from 'vitest';
import type { SlackOptions } from './options.ts';
import { type SlackSim, startSlack } from './slack.ts';

/** Errors are what these tests are about: nobody needs to read of them in the log. */
export const SILENT: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  setLevel: () => {},
  getLevel: () => LogLevel.ERROR,
  setName: () => {},
};

/** A simulator that lives as long as the test. */
export async function slack(options: SlackOptions = {}): Promise<SlackSim> {
  const sim = await startSlack(options);
  onTestFinished(() => sim.close());
  return sim;
}

/** The real client, which reports every answer as it came instead of trying again. */
export function client(sim: SlackSim, token: string | undefined = sim.app.botToken): WebClient {
  return new WebClient(token, {
    slackApiUrl: sim.apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger: SILENT,
  });
}

/** Which error Slack answered; `ok` if none. */
export async function errorOf(call: Promise<WebAPICallResult>): Promise<string> {
  return (await failureOf(call)).error;
}

/** The whole answer of a call that failed. */
export async function failureOf(call: Promise<WebAPICallResult>): Promise<Failure> {
  try {
    await call;
    return { error: 'ok' };
  } catch (error) {
    const { data, message } = Object(error);
    return data ?? { error: String(message) };
  }
}

export interface Failure {
  error: string;
  needed?: string;
  provided?: string;
  response_metadata?: { messages?: string[] };
}

/**
 * A real Bolt app in Socket Mode that lives as long as the test.
 *
 * @param patience For how long, in milliseconds, the client waits for an answer to its pings, and then before it
 * connects again: one option is for both. A connection that is waited for in vain is cut, and what is under way lost.
 */
export async function socketApp(
  sim: SlackSim,
  configure: (app: App) => void,
  patience = 30_000,
): Promise<App> {
  const clientOptions = { slackApiUrl: sim.apiUrl };
  const receiver = new SocketModeReceiver({
    appToken: sim.app.appToken,
    installerOptions: { clientOptions },
    clientPingTimeout: patience,
    logger: SILENT,
  });
  const app = new App({
    token: sim.app.botToken,
    receiver,
    clientOptions,
    ignoreSelf: false,
    logLevel: LogLevel.ERROR,
  });
  configure(app);
  await app.start();
  onTestFinished(async () => {
    await app.stop();
  });
  return app;
}

/** A thread that ann has started in #general with a mention. */
export function thread(sim: SlackSim): { channel: string; thread_ts: string } {
  const { channel, ts } = sim.user('ann').says('C0GENERAL', '@bobbin hello');
  return { channel, thread_ts: ts };
}

/** To whom a stream goes. */
export const RECIPIENT = { recipient_user_id: 'U0ANN', recipient_team_id: 'T0ACME' };

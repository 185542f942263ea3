import { webApi } from '@slack/bolt';
import type { Logger } from '../../src/log.ts';
import type { Finding } from '../../src/operations/doctor/finding.ts';
import { Problem } from '../../src/problem.ts';
import { slackFetch } from './addresses.ts';
import { boltLog } from './bolt-log.ts';
import { appTokenProblem, type Identity, identify } from './identity.ts';
import { APPS_PAGE, SCOPES } from './surface.ts';

/** For an answer, in ms. */
const PATIENCE_MS = 10_000;

export interface ExamineOptions {
  botToken: string;
  appToken?: string;
  signingSecret?: string;
  apiUrl?: string;
  log: Logger;
}

/** Looks whether Slack takes the tokens, and whether the app may do what it needs. It opens no connection. */
export async function* examine(options: ExamineOptions): AsyncGenerator<Finding> {
  const { botToken, appToken, signingSecret } = options;
  try {
    yield* rightsOf(await identify(newClient(botToken, options), appToken));
  } catch (error) {
    yield broken(error);
  }
  if (appToken !== undefined) yield await socketMode(newClient(appToken, options));
  if (signingSecret !== undefined) yield SIGNING;
  yield EVENTS;
}

function* rightsOf({ name, teamName, granted, lacks }: Identity): Generator<Finding> {
  yield { state: 'well', text: `SLACK_BOT_TOKEN is the one of ${name} in the workspace ${teamName}.` };
  if (granted.length === 0)
    yield {
      state: 'unknown',
      text: `Slack did not say which scopes the app has: compare them with adapters/slack/manifest.json at ${APPS_PAGE} → your app → OAuth & Permissions.`,
    };
  else if (lacks.length === 0)
    yield { state: 'well', text: `The app has all ${SCOPES.length} scopes of adapters/slack/manifest.json.` };
  for (const lack of lacks)
    yield {
      state: 'limited',
      text: `The app was installed with an older manifest: ${lack}. Paste adapters/slack/manifest.json at ${APPS_PAGE} and install the app again.`,
    };
}

/** Slack gives an address for a connection, which nobody uses. */
async function socketMode(client: webApi.WebClient): Promise<Finding> {
  try {
    await client.apps.connections.open({});
    return { state: 'well', text: 'SLACK_APP_TOKEN opens connections for Socket Mode.' };
  } catch (error) {
    return broken(appTokenProblem(error));
  }
}

const SIGNING: Finding = {
  state: 'unknown',
  text: `Only an event that Slack posts shows whether SLACK_SIGNING_SECRET is right: look for "Verified" at ${APPS_PAGE} → your app → Event Subscriptions.`,
};

const EVENTS: Finding = {
  state: 'unknown',
  text: `Slack tells nobody which events, commands and buttons the app is set up for: compare its manifest at ${APPS_PAGE} → your app → App Manifest with adapters/slack/manifest.json.`,
};

function broken(error: unknown): Finding {
  if (error instanceof Problem) return { state: 'broken', text: error.message };
  throw error;
}

function newClient(token: string, { apiUrl, log }: ExamineOptions): webApi.WebClient {
  return new webApi.WebClient(token, {
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: PATIENCE_MS,
    logger: boltLog(log),
    fetch: slackFetch(apiUrl),
    ...(apiUrl !== undefined && { slackApiUrl: apiUrl.replace(/\/*$/, '/') }),
  });
}

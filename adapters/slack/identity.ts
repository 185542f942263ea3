import { webApi } from '@slack/bolt';
import { Problem } from '../../src/problem.ts';
import { slackCode } from './failures.ts';
import { APPS_PAGE, NEWER_SCOPES, SCOPES } from './surface.ts';

/** Who the app is in its workspace. */
export interface Identity {
  user: string;
  /** The user's name. */
  name: string;
  bot: string;
  /** The app's own id; undefined when Slack did not say. */
  app: string | undefined;
  team: string;
  /** Set where the app is installed in a whole organization. */
  enterprise: string | undefined;
  teamName: string;
  /** The bot token's scopes; none when Slack did not say. */
  granted: readonly string[];
  /** What does not work, since the app was installed with an older manifest. */
  lacks: string[];
}

/** Asks Slack whose token it is. Throws a `Problem` when it is of no use, with the page where that is put right. */
export async function identify(client: webApi.WebClient, appToken: string | undefined): Promise<Identity> {
  const answer = await client.auth.test().catch((error: unknown) => {
    throw botTokenProblem(error);
  });
  const {
    user_id: user,
    user: name = 'bobbin',
    bot_id: bot,
    team_id: team,
    team: teamName = 'a workspace',
  } = answer;
  if (!user || !bot || !team) throw new Problem(`SLACK_BOT_TOKEN is not a bot's: ${WHERE_BOT_TOKEN}`);
  const granted = answer.response_metadata?.scopes ?? [];
  const lacks = requireScopes(granted);
  const app = await requireSameApp(client, bot, teamName, appToken);
  const enterprise = answer.is_enterprise_install ? answer.enterprise_id : undefined;
  return { user, name, bot, app, team, enterprise, teamName, granted, lacks };
}

const WHERE_BOT_TOKEN = `copy the Bot User OAuth Token, which begins with xoxb-, from ${APPS_PAGE} → your app → OAuth & Permissions.`;
const WHERE_APP_TOKEN = `generate one with the scope connections:write at ${APPS_PAGE} → your app → Basic Information → App-Level Tokens.`;

const REVOKED: ReadonlySet<string> = new Set(['token_revoked', 'account_inactive', 'token_expired']);

function botTokenProblem(error: unknown): unknown {
  const code = slackCode(error);
  if (code === undefined) return unreachable(error);
  if (REVOKED.has(code))
    return new Problem(
      `SLACK_BOT_TOKEN is no longer valid (${code}): install the app again at ${APPS_PAGE} → your app → Install App, and copy the new token.`,
      { cause: error },
    );
  return new Problem(`Slack does not take SLACK_BOT_TOKEN (${code}): ${WHERE_BOT_TOKEN}`, { cause: error });
}

/** Why Socket Mode could not be entered. */
export function appTokenProblem(error: unknown): unknown {
  const code = slackCode(error);
  if (code === undefined) return unreachable(error);
  const reason =
    code === 'missing_scope' ? 'lacks the scope connections:write' : `is not taken by Slack (${code})`;
  return new Problem(`SLACK_APP_TOKEN ${reason}: ${WHERE_APP_TOKEN}`, { cause: error });
}

function unreachable(error: unknown): unknown {
  if (error instanceof webApi.WebAPIRateLimitedError)
    return new Problem(`Slack asks to wait: start again in ${error.retryAfter} seconds.`, { cause: error });
  const reason = reasonOf(error);
  if (reason === undefined) return error;
  return new Problem(
    `Slack can't be reached (${reason}): check the network, a proxy, and SLACK_API_URL if it is set.`,
    { cause: error },
  );
}

function reasonOf(error: unknown): string | undefined {
  if (error instanceof webApi.WebAPIHTTPError) return `HTTP status ${error.statusCode}`;
  if (error instanceof webApi.WebAPIPlatformError) return error.data.error;
  if (!(error instanceof webApi.WebAPIRequestError)) return undefined;
  const { message, cause } = error.original;
  return cause instanceof Error && cause.message ? cause.message : message;
}

/** Says what the app can do without. */
function requireScopes(granted: readonly string[]): string[] {
  const lacking = granted.length === 0 ? [] : SCOPES.filter((scope) => !granted.includes(scope));
  const missing = lacking.filter((scope) => !NEWER_SCOPES.has(scope));
  if (missing.length === 0) return [...new Set(lacking.flatMap((scope) => NEWER_SCOPES.get(scope) ?? []))];
  throw new Problem(
    `The Slack app lacks the ${missing.length === 1 ? 'scope' : 'scopes'} ${missing.join(', ')}: paste adapters/slack/manifest.json at ${APPS_PAGE} → your app → App Manifest, then install the app again.`,
  );
}

/** The bot's app. An app-level token names its app: both tokens have to be of the same one. */
async function requireSameApp(
  client: webApi.WebClient,
  bot: string,
  teamName: string,
  appToken: string | undefined,
): Promise<string | undefined> {
  const app = await client.bots.info({ bot }).then(
    ({ bot: info }) => info?.app_id,
    (error: unknown) => {
      if (slackCode(error) !== 'bot_not_found') throw unreachable(error);
      throw new Problem(
        `SLACK_BOT_TOKEN belongs to the workspace ${teamName}, where the app's bot is not found: ${WHERE_BOT_TOKEN}`,
        { cause: error },
      );
    },
  );
  const named = /^xapp-\d+-(A[A-Z0-9]+)-/.exec(appToken ?? '')?.[1];
  if (named === undefined || app === undefined || named === app) return app ?? named;
  throw new Problem(
    `SLACK_APP_TOKEN belongs to the app ${named}, and SLACK_BOT_TOKEN to the app ${app}: take both from one app at ${APPS_PAGE}.`,
  );
}

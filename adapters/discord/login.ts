import {
  ApplicationFlagsBitField,
  type Client,
  DiscordAPIError,
  Events,
  HTTPError,
  type REST,
  type RESTGetCurrentApplicationResult,
  Routes,
} from 'discord.js';
import { Problem } from '../../src/problem.ts';
import { reasonOf } from './errors.ts';

const PORTAL = 'https://discord.com/developers/applications';
/** For the gateway to let the bot in, in ms. Large bots wait for their turn to identify. */
const LOGIN_TIMEOUT_MS = 60_000;

export const NO_CONTENT_INTENT =
  'The Message Content Intent is switched off for this bot, so it only reads direct messages and messages that ' +
  `mention it. To let people go on in a thread without mentions, switch it on at ${PORTAL} (your application, Bot, ` +
  'Privileged Gateway Intents), then start Bobbin again.';

export const INTENTS_REFUSED =
  `Discord refuses the intents that Bobbin asks for. Switch the Message Content Intent on at ${PORTAL} (your ` +
  'application, Bot, Privileged Gateway Intents), then start Bobbin again.';

export const TOKEN_REFUSED =
  `Discord does not take the bot token in DISCORD_TOKEN. Reset the token at ${PORTAL} (your application, Bot, Reset ` +
  'Token), put the new one into DISCORD_TOKEN, then start Bobbin again.';

/**
 * Whether the bot may read messages that do not mention it, as its page in the developer portal says.
 * @throws Problem for a bad token or an API that can't be reached.
 */
export async function readsContent(rest: REST, api: string): Promise<boolean> {
  const { Flags } = ApplicationFlagsBitField;
  try {
    const application = (await rest.get(Routes.currentApplication())) as RESTGetCurrentApplicationResult;
    const wanted = Flags.GatewayMessageContent | Flags.GatewayMessageContentLimited;
    return (application.flags & wanted) !== 0;
  } catch (error) {
    throw problemOf(error, api);
  }
}

/** Connects, and returns once the bot knows its servers. @throws Problem */
export async function login(client: Client, api: string, token: string): Promise<Client<true>> {
  const late = AbortSignal.timeout(LOGIN_TIMEOUT_MS);
  try {
    const ready = new Promise<Client<true>>((resolve) => client.once(Events.ClientReady, resolve));
    const [connected] = await Promise.race([Promise.all([ready, client.login(token)]), aborted(late)]);
    return connected;
  } catch (error) {
    await client.destroy();
    throw problemOf(error, api);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('its gateway does not answer')));
  });
}

/** https://discord.com/developers/docs/events/gateway#identifying */
export function noSessionsUntil(time: string): string {
  return (
    `Discord lets this bot begin no more sessions until ${time}: a bot has 1,000 a day. Look for what restarts Bobbin ` +
    'again and again, or for another program that uses the same token.'
  );
}

/**
 * What the person who runs Bobbin can do about an error of discord.js. @discordjs/ws tells why the gateway closed, or was
 * not asked, by these words alone.
 */
export function problemOf(error: unknown, api: string): Problem {
  const reason = reasonOf(error);
  const isUnauthorized = error instanceof DiscordAPIError && error.status === 401;
  if (isUnauthorized || /Authentication failed|invalid token/i.test(reason))
    return new Problem(TOKEN_REFUSED, { cause: error });
  if (/disallowed intents/i.test(reason)) return new Problem(INTENTS_REFUSED, { cause: error });
  const until = /not enough sessions.* resets at (\S+)/i.exec(reason)?.[1];
  if (until) return new Problem(noSessionsUntil(until), { cause: error });
  if (error instanceof HTTPError || error instanceof DiscordAPIError)
    return new Problem(
      `Discord answers with the status ${error.status} (${reason}). Look at https://discordstatus.com, then try again.`,
      { cause: error },
    );
  const { host } = new URL(api);
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : reason;
  return new Problem(
    `Discord could not be reached at ${host}: ${cause}. Check the network, a proxy, and DISCORD_API_URL if it is set.`,
    { cause: error },
  );
}

import { setTimeout as delay } from 'node:timers/promises';
import {
  Client,
  type ClientOptions,
  Events,
  GatewayIntentBits,
  Options,
  Partials,
  REST,
  Status,
} from 'discord.js';
import { sendFormsAsBytes } from './form-bytes.ts';
import { guardEvents, guardedGateway, type OnDropped } from './payload-guard.ts';

/** For a request without an answer, in ms: long enough to upload files over a slow line. */
const REQUEST_TIMEOUT_MS = 60_000;
/** Of each channel, for replies to them; those that are not kept are fetched. */
const MESSAGES_KEPT = 25;
/** For a connection that is being made to stand, in ms; who stops a process seldom waits longer than ten seconds. */
const CONNECT_TIMEOUT_MS = 5_000;
const BEING_MADE: readonly Status[] = [Status.Connecting, Status.Identifying, Status.Resuming];
/** Routes whose calls show a state: to wait in a queue would show an old one. */
const NEVER_QUEUED = /^\/channels\/:id\/(?:messages(?:\/:id)?|typing)$/;
const STARTS_THREAD = '/channels/:id/messages/:id/threads';
/**
 * For a thread to be started, in ms. A channel takes only so many in some minutes, which no header tells
 * (https://github.com/discord/discord-api-docs/issues/7816): a reply does not wait as long.
 */
const THREAD_PATIENCE_MS = 10_000;
/** So much earlier than told, in ms, discord.js takes a bucket for open again: it shall not stand in our budgets' way. */
export const EARLY_MS = 50;
/** The least with which people can be answered, and heard about the answers. */
const INTENTS = [
  GatewayIntentBits.Guilds,
  GatewayIntentBits.GuildMessages,
  GatewayIntentBits.DirectMessages,
  // Thumbs under replies.
  GatewayIntentBits.GuildMessageReactions,
  GatewayIntentBits.DirectMessageReactions,
];

/** The API for replies: it sends each call at once and once, or throws. */
export function createRest(api: string, token: string): REST {
  return new REST({
    api,
    timeout: REQUEST_TIMEOUT_MS,
    makeRequest: sendFormsAsBytes,
    retries: 0,
    offset: -EARLY_MS,
    // Our budgets count, and let go first what is most urgent.
    globalRequestsPerSecond: Number.POSITIVE_INFINITY,
    rejectOnRateLimit: ({ method, route, retryAfter }) =>
      (method !== 'GET' && NEVER_QUEUED.test(route)) ||
      (route === STARTS_THREAD && retryAfter > THREAD_PATIENCE_MS),
  }).setToken(token);
}

/**
 * The connection to the gateway, with what discord.js itself asks of the API.
 * @param onDropped Is told of the events that discord.js throws at, or we.
 */
export function createClient(
  api: string,
  readsContent: boolean,
  ws: ClientOptions['ws'],
  onDropped: OnDropped,
): Client {
  const client = new Client({
    intents: readsContent ? [...INTENTS, GatewayIntentBits.MessageContent] : INTENTS,
    partials: [Partials.Channel],
    shards: 'auto',
    allowedMentions: { parse: [] },
    makeCache: Options.cacheWithLimits({
      ...Options.DefaultMakeCacheSettings,
      MessageManager: MESSAGES_KEPT,
    }),
    rest: { api },
    ws: guardedGateway(ws, onDropped),
  });
  guardEvents(client, onDropped);
  return client;
}

/**
 * Ends the connection. One that is being made is let come about first, because discord.js 14.28 does not end such a one:
 * it waits for ever, and makes another.
 */
export async function disconnect(client: Client): Promise<void> {
  const isBeingMade = client.ws.shards.some(({ status }) => BEING_MADE.includes(status));
  if (isBeingMade)
    await Promise.race([connected(client), delay(CONNECT_TIMEOUT_MS, undefined, { ref: false })]);
  await client.destroy();
}

function connected(client: Client): Promise<unknown> {
  const events = [Events.ShardReady, Events.ShardResume, Events.ShardDisconnect] as const;
  return Promise.race(
    events.map((event) => new Promise<void>((resolve) => client.once(event, () => resolve()))),
  );
}

import { Client, type ClientOptions, Events, GatewayIntentBits, Partials, REST } from 'discord.js';
import { afterEach } from 'vitest';
import { sendFormsAsBytes } from '../../../adapters/discord/form-bytes.ts';
import { type DiscordSim, startDiscord } from './discord.ts';
import type { Json } from './json.ts';
import type { DiscordOptions } from './options.ts';

/** Starts simulators and clients for a test file, and ends them after each test. */

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

export const INTENTS = [
  GatewayIntentBits.Guilds,
  GatewayIntentBits.GuildMessages,
  GatewayIntentBits.GuildMessageTyping,
  GatewayIntentBits.GuildMessageReactions,
  GatewayIntentBits.DirectMessages,
  GatewayIntentBits.MessageContent,
];

export async function start(options: DiscordOptions = {}): Promise<DiscordSim> {
  const sim = await startDiscord(options);
  open.push(sim);
  return sim;
}

/** A client that has not logged in; it identifies again without discord.js's own five seconds between. */
export function client(sim: DiscordSim, options: Partial<ClientOptions> = {}): Client {
  const created = new Client({
    intents: INTENTS,
    partials: [Partials.Channel],
    // Other tests of this process may have set another dispatcher.
    rest: { api: sim.apiUrl, makeRequest: sendFormsAsBytes },
    ws: { buildIdentifyThrottler: () => ({ waitForIdentify: async () => undefined }) },
    ...options,
  });
  // Without a listener an error of the connection would end the process.
  created.on(Events.ShardError, () => undefined);
  open.push({ close: () => created.destroy() });
  return created;
}

/** A client of discord.js that is ready. */
export async function login(sim: DiscordSim, options: Partial<ClientOptions> = {}): Promise<Client<true>> {
  const created = client(sim, options);
  const ready = new Promise<Client<true>>((resolve) => created.once(Events.ClientReady, resolve));
  await created.login(sim.token);
  return ready;
}

/** discord.js's REST client alone, without retries. */
export function rest(sim: DiscordSim, options = {}): REST {
  const given = { api: sim.apiUrl, makeRequest: sendFormsAsBytes, retries: 0, offset: 0, ...options };
  return new REST(given).setToken(sim.token);
}

export interface Raw {
  status: number;
  headers: Headers;
  body: Json;
}

/** A request with no library between. */
export async function raw(
  sim: DiscordSim,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Raw> {
  const response = await fetch(`${sim.apiUrl}/v10${path}`, {
    method,
    headers: {
      Authorization: `Bot ${sim.token}`,
      'User-Agent': 'DiscordBot (https://example.com, 1)',
      'Content-Type': 'application/json',
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = response.headers.get('content-type') === 'application/json' && text !== '';
  return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : { text } };
}

/** The faults that a 50035 names: their places and codes. */
export function faults({ body }: Raw): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  const walk = (node: unknown, path: string[]): void => {
    for (const [key, value] of Object.entries(node as Json)) {
      if (key === '_errors') found[path.join('.')] = (value as { code: string }[]).map(({ code }) => code);
      else walk(value, [...path, key]);
    }
  };
  walk(body.errors ?? {}, []);
  return found;
}

/** Generous enough that no test meets a limit by accident. */
export const UNLIMITED = { limit: 1_000_000, window: 1_000 };
export const NO_LIMITS: DiscordOptions = {
  globalRateLimit: UNLIMITED,
  rateLimits: {
    messages: UNLIMITED,
    messageDelete: UNLIMITED,
    messageRead: UNLIMITED,
    reactions: UNLIMITED,
    typing: UNLIMITED,
    threads: UNLIMITED,
    threadStarts: UNLIMITED,
    channel: UNLIMITED,
    channelName: UNLIMITED,
    webhook: UNLIMITED,
    commands: UNLIMITED,
    directMessages: UNLIMITED,
  },
};

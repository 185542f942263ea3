import { createDiscordAdapter } from '@chat-adapter/discord';
import { ConsoleLogger } from 'chat';
import { DefaultRestOptions } from 'discord.js';
import { startChat } from './answer.ts';
import { setting } from './setting.ts';

/** The listener is made for servers that end; here it stays for as long as a timer can wait. */
const FOREVER_MS = 2 ** 31 - 1;
/** Discord asks every client for it, and the simulator turns those away that send none; the adapter sends none. */
const USER_AGENT = 'DiscordBot (https://chat-sdk.dev, 4.41)';

const api = setting('DISCORD_API_URL');
// The adapter's gateway client takes no address, so the defaults of its REST client are set.
Object.assign(DefaultRestOptions, { api });
const send = globalThis.fetch;
globalThis.fetch = (input, init) => {
  if (!String(input).startsWith(api)) return send(input, init);
  const headers = new Headers(init?.headers);
  headers.set('User-Agent', USER_AGENT);
  return send(input, { ...init, headers });
};

const adapter = createDiscordAdapter({
  apiUrl: `${api}/v10`,
  applicationId: setting('DISCORD_APPLICATION_ID'),
  botToken: setting('DISCORD_TOKEN'),
  // Interactions come by the gateway, so that nothing is verified with it.
  publicKey: '0'.repeat(64),
  logger: new ConsoleLogger('warn'),
});
await startChat(adapter);
await adapter.startGatewayListener({ waitUntil: () => {} }, FOREVER_MS);

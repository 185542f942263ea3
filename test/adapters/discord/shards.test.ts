import { type Client, Events, GatewayOpcodes } from 'discord.js';
import { expect, onTestFinished, test } from 'vitest';
import { createClient, disconnect } from '../../../adapters/discord/client.ts';
import { login } from '../../../adapters/discord/login.ts';
import { openSim } from './open-scene.ts';

/** What of discord.js 14.28 has the socket. */
interface Internals {
  _ws: { strategy: { shards: ReadonlyMap<number, { connection: { readyState: number } | null }> } };
}

/** Ends as soon as a new connection is being made. */
async function beingMade({ ws }: Client): Promise<void> {
  const { shards } = (ws as unknown as Internals)._ws.strategy;
  while (shards.get(0)?.connection?.readyState !== WebSocket.CONNECTING)
    await new Promise((resolve) => setImmediate(resolve));
}

test('what discord.js sends on a socket that is only being made fails, ends no process, and the connection comes to stand', async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => void unhandled.push(error);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));
  const sim = await openSim();
  const throttle = { buildIdentifyThrottler: () => ({ waitForIdentify: async () => undefined }) };
  const client = createClient(sim.apiUrl, true, throttle, () => {});
  onTestFinished(() => disconnect(client));
  const errors: Error[] = [];
  client.on(Events.ShardError, (error) => void errors.push(error));
  await login(client, sim.apiUrl, sim.token);
  const resumed = new Promise((resolve) => client.once(Events.ShardResume, resolve));
  sim.gateway.drop();
  await beingMade(client);
  for (const op of [GatewayOpcodes.Heartbeat, GatewayOpcodes.Identify])
    client.ws.shards.get(0)?.send({ op, d: null });
  await resumed;
  expect(unhandled).toEqual([]);
  expect(errors.map(({ message }) => message)).toEqual([
    expect.stringContaining('WebSocket is not open'),
    expect.stringContaining('WebSocket is not open'),
  ]);
});

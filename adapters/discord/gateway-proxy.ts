import type { Agent } from 'node:http';
import { createRequire } from 'node:module';
import type { WebSocket } from 'ws';

/**
 * Lets discord.js reach the gateway through the agent that `agentFor` gives for its address. It has no option for that
 * (https://github.com/discordjs/discord.js/issues/10716) and takes its WebSocket from `ws` when it is loaded: so this
 * has to come before.
 */
export function proxyGateway(agentFor: (address: string | URL) => Agent | undefined): void {
  const ws = createRequire(import.meta.url)('ws') as { WebSocket: typeof WebSocket };
  ws.WebSocket = new Proxy(ws.WebSocket, {
    construct: (target, [address, protocols, options], newTarget) =>
      Reflect.construct(target, [address, protocols, { agent: agentFor(address), ...options }], newTarget),
  });
}

import { type Client, Events } from 'discord.js';

/**
 * Calls back when a connection to the gateway stands again under a new session, which is told nothing of what happened
 * since the last one was heard. What can be resumed is told by Discord itself.
 * @param onMissed Is told since when, in Unix ms, and of which shard.
 */
export function watchSessions(client: Client, onMissed: (since: number, shard: number) => void): void {
  const ready = new Map<number, number>();
  const lost = new Map<number, number>();
  client.on(Events.ShardReconnecting, (shard) => {
    // The last heartbeat that was answered: all events before that have come.
    const heard = Math.max(client.ws.shards.get(shard)?.lastPingTimestamp ?? 0, ready.get(shard) ?? 0);
    if (heard > 0 && !lost.has(shard)) lost.set(shard, heard);
  });
  client.on(Events.ShardResume, (shard) => lost.delete(shard));
  client.on(Events.ShardReady, (shard) => {
    const since = lost.get(shard);
    lost.delete(shard);
    ready.set(shard, Date.now());
    if (since !== undefined) onMissed(since, shard);
  });
}

import {
  type Client,
  type ClientOptions,
  GatewayOpcodes,
  SimpleShardingStrategy,
  type WebSocketOptions,
  WebSocketShardDestroyRecovery,
} from 'discord.js';

/** A payload that could not be taken, as far as it is one, and why. */
export interface Dropped {
  /** The event's name, or the opcode. */
  readonly event: string;
  /** The id of the server that it changes, if any. */
  readonly guild: string | undefined;
  readonly error: unknown;
}

export type OnDropped = (dropped: Dropped) => void;

/** Longer names are none of Discord's. */
const LONGEST_NAME = 60;
/** Of what a server consists of: its roles, its members, its channels. */
const CHANGES_SERVER = /^(?:GUILD|CHANNEL|THREAD)_/;

/** What of discord.js 14.28 takes and sends payloads, which its types keep to themselves. */
interface Shard {
  onMessage(data: unknown, isBinary: boolean): Promise<void>;
  send(payload: unknown): Promise<void>;
  destroy(options: { reason: string; recover: WebSocketShardDestroyRecovery }): Promise<void>;
}
interface Sharding {
  shards: ReadonlyMap<number, Shard>;
  manager: { emit(event: 'error', failure: { error: Error; shardId: number }): unknown };
}
interface Payload {
  op?: unknown;
  t?: unknown;
  d?: unknown;
}
interface Packets {
  handlePacket(packet?: Payload, shard?: unknown): boolean;
}

/**
 * The options with which what a payload of the gateway throws ends with that payload. discord.js reads payloads as its
 * types have them, in a promise that nobody waits for: one odd field would end the process.
 */
export function guardedGateway(ws: ClientOptions['ws'], onDropped: OnDropped): WebSocketOptions {
  class GuardedSharding extends SimpleShardingStrategy {
    override async spawn(shardIds: number[]): Promise<void> {
      await super.spawn(shardIds);
      const { shards, manager } = this as unknown as Sharding;
      for (const [shardId, shard] of shards) {
        guardShard(shard, onDropped);
        // Told by the shard itself, it would end its session.
        guardSending(shard, (error) => manager.emit('error', { error, shardId }));
      }
    }
  }
  return { ...ws, buildStrategy: (manager) => new GuardedSharding(manager) };
}

/** The same for events that the client works on later, because they came before it was ready. */
export function guardEvents(client: Client, onDropped: OnDropped): void {
  const packets = client.ws as unknown as Packets;
  const handle = packets.handlePacket.bind(packets);
  packets.handlePacket = (packet, shard) => {
    try {
      return handle(packet, shard);
    } catch (error) {
      onDropped(dropped(packet, error));
      return false;
    }
  };
}

/**
 * A heartbeat, or who we are, is sent in a promise that nobody waits for, either, and `ws` throws where its connection is
 * only being made. That is an error of the connection like others; the shard then hears of its end, or greets anew.
 */
function guardSending(shard: Shard, onError: (error: Error) => void): void {
  const send = shard.send.bind(shard);
  shard.send = async (payload) => {
    await send(payload).catch(onError);
  };
}

function guardShard(shard: Shard, onDropped: OnDropped): void {
  const take = shard.onMessage.bind(shard);
  shard.onMessage = async (data, isBinary) => {
    try {
      await take(data, isBinary);
    } catch (error) {
      const payload = parse(data);
      onDropped(dropped(payload, error));
      // Discord has ended the session, so nothing more would come of it.
      if (payload.op === GatewayOpcodes.InvalidSession)
        await shard.destroy({ reason: 'Invalid session', recover: WebSocketShardDestroyRecovery.Reconnect });
    }
  };
}

function parse(data: unknown): Payload {
  try {
    return JSON.parse(String(data)) ?? {};
  } catch {
    return {};
  }
}

function dropped({ op, t, d }: Payload = {}, error: unknown): Dropped {
  const event = String(op === GatewayOpcodes.Dispatch ? t : `opcode ${op}`).slice(0, LONGEST_NAME);
  const { id, guild_id: guild = id } = (d ?? {}) as { id?: unknown; guild_id?: unknown };
  return { event, guild: CHANGES_SERVER.test(event) ? String(guild) : undefined, error };
}

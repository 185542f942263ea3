import { GatewayCloseCodes, GatewayOpcodes } from 'discord.js';
import type { RawData, WebSocket } from 'ws';
import { isJson, type Json } from '../json.ts';
import type { Settings } from '../options.ts';
import { areValid, askTooMuch } from './intents.ts';
import type { Identity, Packet, Session } from './session.ts';

/** The most that a client may send. https://discord.com/developers/docs/events/gateway#sending-events */
const PAYLOAD_BYTES = 4096;
const SENDS = { limit: 120, window: 60_000 };
/** A heartbeat may be late by half an interval before the connection counts as dead. */
const PATIENCE = 1.5;
/** Client closes with these, and its session is over. */
const GOODBYES = [1000, 1001];

/** What a connection asks of the gateway that it belongs to. */
export interface Sessions {
  settings: Settings;
  /** False while the test holds back the acknowledgement of heartbeats. */
  acknowledges: boolean;
  /** @returns null when this IDENTIFY comes too early after another. */
  identify(identity: Identity): Session | null;
  /** @returns null when the session is unknown or over. */
  find(id: string): Session | null;
  welcome(session: Session): void;
  resumed(): void;
  end(session: Session): void;
}

/** One socket of a client, from HELLO to its end. https://discord.com/developers/docs/events/gateway */
export class Connection {
  readonly #socket: WebSocket;
  readonly #sessions: Sessions;
  readonly #sender = (packet: Packet) => this.send(packet);
  #session: Session | null = null;
  #watchdog: NodeJS.Timeout | undefined;
  #sends: number[] = [];

  constructor(socket: WebSocket, sessions: Sessions) {
    this.#socket = socket;
    this.#sessions = sessions;
    socket.on('message', (data) => this.#receive(data));
    socket.on('close', (code) => this.#closed(code));
    socket.on('error', () => socket.terminate());
    this.#watch();
    this.send({
      op: GatewayOpcodes.Hello,
      d: { heartbeat_interval: sessions.settings.heartbeatInterval },
      s: null,
      t: null,
    });
  }

  get session(): Session | null {
    return this.#session;
  }

  send(packet: Packet): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(packet));
  }

  close(code: number, reason = ''): void {
    this.#socket.close(code, reason);
  }

  /** Ends the socket without a word, as a lost network does. */
  drop(): void {
    this.#socket.terminate();
  }

  invalidate(resumable: boolean): void {
    const session = resumable ? null : this.#detach();
    if (session) this.#sessions.end(session);
    this.send({ op: GatewayOpcodes.InvalidSession, d: resumable, s: null, t: null });
  }

  #receive(data: RawData): void {
    const text = String(data);
    const packet = parse(text);
    if (!packet || Buffer.byteLength(text) > PAYLOAD_BYTES) this.close(GatewayCloseCodes.DecodeError);
    else if (this.#floods()) this.close(GatewayCloseCodes.RateLimited, 'Rate limited.');
    else this.#obey(packet.op, isJson(packet.d) ? packet.d : {});
  }

  #obey(op: unknown, d: Json): void {
    if (op === GatewayOpcodes.Heartbeat) this.#heartbeat();
    else if (op === GatewayOpcodes.Identify) this.#identify(d);
    else if (op === GatewayOpcodes.Resume) this.#resume(d);
    else if (!KNOWN.includes(op)) this.close(GatewayCloseCodes.UnknownOpcode, 'Unknown opcode.');
    else if (!this.#session) this.close(GatewayCloseCodes.NotAuthenticated, 'Not authenticated.');
  }

  #heartbeat(): void {
    this.#watch();
    if (!this.#sessions.acknowledges) return;
    this.send({ op: GatewayOpcodes.HeartbeatAck, d: null, s: null, t: null });
  }

  #identify(d: Json): void {
    const identity = this.#session
      ? GatewayCloseCodes.AlreadyAuthenticated
      : readIdentity(d, this.#sessions.settings);
    if (typeof identity === 'number') {
      this.close(identity, GatewayCloseCodes[identity]);
      return;
    }
    const session = this.#sessions.identify(identity);
    if (!session) {
      this.invalidate(false);
      return;
    }
    const { ready } = this.#sessions.settings.timing;
    if (ready > 0) setTimeout(() => this.#begin(session), ready);
    else this.#begin(session);
  }

  #begin(session: Session): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#attach(session);
    this.#sessions.welcome(session);
  }

  #resume({ token, session_id: id, seq }: Json): void {
    const session = this.#sessions.find(String(id));
    if (token !== this.#sessions.settings.token) this.close(GatewayCloseCodes.AuthenticationFailed);
    else if (this.#session && this.#session !== session) this.close(GatewayCloseCodes.AlreadyAuthenticated);
    else if (!session) this.invalidate(false);
    else if (typeof seq !== 'number' || seq > session.sequence) this.close(GatewayCloseCodes.InvalidSeq);
    else this.#replay(session, seq);
  }

  #replay(session: Session, seq: number): void {
    const missed = session.missedSince(seq);
    this.#attach(session);
    for (const packet of missed) this.send(packet);
    session.dispatch('RESUMED', {});
    this.#sessions.resumed();
  }

  #attach(session: Session): void {
    this.#session = session;
    session.expiresAt = null;
    session.send = this.#sender;
  }

  /** Lets go of the session, and returns it unless another socket has resumed it meanwhile. */
  #detach(): Session | null {
    const session = this.#session;
    this.#session = null;
    if (session?.send !== this.#sender) return null;
    session.send = null;
    session.expiresAt = Date.now() + this.#sessions.settings.timing.resume;
    return session;
  }

  #closed(code: number): void {
    clearTimeout(this.#watchdog);
    const session = this.#detach();
    if (session && GOODBYES.includes(code)) this.#sessions.end(session);
  }

  /**
   * Closes a connection whose heartbeats stay away: its client is "forced to Resume".
   * https://discord.com/developers/docs/events/gateway#heartbeat-interval
   */
  #watch(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => {
      this.close(GatewayCloseCodes.SessionTimedOut, 'Session timed out.');
    }, this.#sessions.settings.heartbeatInterval * PATIENCE);
    this.#watchdog.unref();
  }

  #floods(): boolean {
    const now = Date.now();
    this.#sends = [...this.#sends.filter((at) => at > now - SENDS.window), now];
    return this.#sends.length > SENDS.limit;
  }
}

/** What a client may send besides the three above; the simulator takes note of none of it. */
const KNOWN: readonly unknown[] = [
  GatewayOpcodes.PresenceUpdate,
  GatewayOpcodes.VoiceStateUpdate,
  GatewayOpcodes.RequestGuildMembers,
];

function parse(text: string): Json | null {
  try {
    const packet: unknown = JSON.parse(text);
    return isJson(packet) && typeof packet.op === 'number' ? packet : null;
  } catch {
    return null;
  }
}

/** Who identifies, or the code with which the gateway turns them away. */
function readIdentity(d: Json, { token, privilegedIntents }: Settings): Identity | GatewayCloseCodes {
  if (d.token !== token) return GatewayCloseCodes.AuthenticationFailed;
  if (!areValid(d.intents)) return GatewayCloseCodes.InvalidIntents;
  if (askTooMuch(d.intents, privilegedIntents)) return GatewayCloseCodes.DisallowedIntents;
  const shard = readShard(d.shard ?? [0, 1]);
  return shard ? { intents: d.intents, shard } : GatewayCloseCodes.InvalidShard;
}

function readShard(value: unknown): readonly [number, number] | null {
  if (!Array.isArray(value) || value.length !== 2) return null;
  const [number, count] = value.map(Number);
  const fits = number !== undefined && count !== undefined && number >= 0 && number < count;
  return fits ? [number, count] : null;
}

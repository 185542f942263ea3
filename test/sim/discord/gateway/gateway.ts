import type { Server } from 'node:http';
import { GatewayCloseCodes, GatewayIntentBits, GatewayOpcodes } from 'discord.js';
import { WebSocketServer } from 'ws';
import { guildPayload } from '../guild-payloads.ts';
import type { Json } from '../json.ts';
import type { Dispatch } from '../model.ts';
import type { Settings } from '../options.ts';
import { userPayload, withoutContent } from '../payloads.ts';
import { canView, type World } from '../world.ts';
import { Connection, type Sessions } from './connection.ts';
import { neededIntent } from './intents.ts';
import { type Identity, Session } from './session.ts';

const VERSION = '10';
const PATH = '/gateway';
/** READY names an address of its own for resuming. */
const RESUME_PATH = '/gateway/resume';
/** In ms: IDENTIFYs are counted by it. https://discord.com/developers/docs/events/gateway#session-start-limit-object */
const DAY = 86_400_000;
/** How many may identify at once; bots in fewer than 150,000 guilds have 1. */
const CONCURRENCY = 1;

/** The gateway: who listens, what they hear, and what a test can do to their connections. */
export class Gateway implements Sessions {
  readonly settings: Settings;
  acknowledges = true;
  /** IDENTIFYs and RESUMEs that were accepted. */
  identifies = 0;
  resumes = 0;
  readonly #world: World;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #sessions = new Map<string, Session>();
  readonly #connections = new Set<Connection>();
  readonly #dayEnds = Date.now() + DAY;
  #lastIdentify = Number.NEGATIVE_INFINITY;
  #base = '';

  constructor(world: World) {
    this.#world = world;
    this.settings = world.settings;
    world.onDispatch((event) => this.#deliver(event));
  }

  /** Takes over the upgrades of a server that listens at this address. */
  attach(server: Server, base: string): void {
    this.#base = base.replace(/^http/, 'ws');
    server.on('upgrade', (request, socket, head) => {
      const url = new URL(request.url ?? '/', base);
      if (![PATH, `${PATH}/`, RESUME_PATH, `${RESUME_PATH}/`].includes(url.pathname)) {
        socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
        return;
      }
      this.#server.handleUpgrade(request, socket, head, (webSocket) => {
        const connection = new Connection(webSocket, this);
        const speaksIt = url.searchParams.get('v') === VERSION && url.searchParams.get('encoding') === 'json';
        // discord.js asks for compression only with zlib-sync installed; the simulator has none to give.
        if (!speaksIt)
          connection.close(GatewayCloseCodes.InvalidAPIVersion, 'Invalid API version or encoding.');
        else if (url.searchParams.has('compress'))
          connection.close(GatewayCloseCodes.DecodeError, 'No compression here.');
        this.#connections.add(connection);
        webSocket.on('close', () => this.#connections.delete(connection));
      });
    });
  }

  /** `GET /gateway/bot`. */
  info(): Json {
    const remaining = this.settings.sessionStarts - this.identifies;
    return {
      url: this.#base + PATH,
      shards: 1,
      session_start_limit: {
        total: this.settings.sessionStarts,
        remaining: Math.max(0, remaining),
        reset_after: this.#dayEnds - Date.now(),
        max_concurrency: CONCURRENCY,
      },
    };
  }

  /** How many sockets have a session right now. */
  get connected(): number {
    return [...this.#connections].filter(({ session }) => session !== null).length;
  }

  /** Asks every client to reconnect and resume (opcode 7). */
  reconnect(): void {
    for (const connection of this.#connections) {
      connection.send({ op: GatewayOpcodes.Reconnect, d: null, s: null, t: null });
    }
  }

  /** Opcode 9: clients resume, or start anew. */
  invalidate(resumable: boolean): void {
    for (const connection of this.#connections) connection.invalidate(resumable);
  }

  /** Asks for a heartbeat at once (opcode 1). */
  requestHeartbeat(): void {
    for (const connection of this.#connections) {
      connection.send({ op: GatewayOpcodes.Heartbeat, d: null, s: null, t: null });
    }
  }

  /** Loses every connection without a word; sessions stay resumable. */
  drop(): void {
    for (const connection of this.#connections) connection.drop();
  }

  closeAll(code: number): void {
    for (const connection of this.#connections) connection.close(code);
  }

  /** Forgets what could be resumed. */
  forgetSessions(): void {
    this.#sessions.clear();
  }

  /** Sends every session an event as it stands, whatever Discord's documentation says of such ones. */
  dispatch(t: unknown, d: unknown): void {
    for (const session of this.#sessions.values()) session.dispatch(t, d);
  }

  /** Sends every client a payload that belongs to no session. */
  send(op: unknown, d: unknown): void {
    for (const connection of this.#connections) connection.send({ op, d, s: null, t: null });
  }

  /** Ends every connection for good. */
  stop(): void {
    this.drop();
    this.#server.close();
  }

  identify(identity: Identity): Session | null {
    const now = Date.now();
    const early = now - this.#lastIdentify < this.settings.timing.identify;
    if (early || this.identifies >= this.settings.sessionStarts) return null;
    this.#lastIdentify = now;
    this.identifies += 1;
    return new Session(identity);
  }

  find(id: string): Session | null {
    const session = this.#sessions.get(id);
    return session && !isOver(session) ? session : null;
  }

  resumed(): void {
    this.resumes += 1;
  }

  end(session: Session): void {
    this.#sessions.delete(session.id);
  }

  /** READY names the guilds, all unavailable still; then each comes by itself. */
  welcome(session: Session): void {
    this.#sessions.set(session.id, session);
    const { bot, guilds } = this.#world;
    const own = [...guilds.values()].filter(({ id, members }) => members.has(bot.id) && session.serves(id));
    session.dispatch('READY', {
      v: 10,
      user: { ...userPayload(bot), verified: true, mfa_enabled: true, flags: 0, email: null },
      guilds: own.map(({ id }) => ({ id, unavailable: true })),
      session_id: session.id,
      session_type: 'normal',
      resume_gateway_url: this.#base + RESUME_PATH,
      shard: session.shard,
      application: { id: bot.id, flags: 0 },
    });
    if ((session.intents & GatewayIntentBits.Guilds) === 0) return;
    for (const guild of own) {
      if (guild.available) session.dispatch('GUILD_CREATE', guildPayload(this.#world, guild));
    }
  }

  #deliver(event: Dispatch): void {
    if (event.channel && !canView(event.channel, this.#world.bot)) return;
    if (event.guild && !event.guild.available && event.t !== 'GUILD_DELETE') return;
    const needed = neededIntent(event.t, event.guild !== null);
    for (const session of this.#sessions.values()) {
      if (isOver(session)) this.end(session);
      if (!session.serves(event.guild?.id ?? null)) continue;
      if (needed !== null && (session.intents & needed) === 0) continue;
      const reads = (session.intents & GatewayIntentBits.MessageContent) !== 0;
      const isMessage = event.t === 'MESSAGE_CREATE' || event.t === 'MESSAGE_UPDATE';
      const d = isMessage && !reads ? withoutContent(this.#world, event.d) : event.d;
      for (let copy = 0; copy < this.settings.copies(event.t, event.d); copy += 1)
        session.dispatch(event.t, d);
    }
  }
}

/** Whether its time to be resumed has passed. */
function isOver({ expiresAt }: Session): boolean {
  return expiresAt !== null && expiresAt < Date.now();
}

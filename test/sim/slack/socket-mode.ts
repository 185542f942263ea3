import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { Attempt, Envelope, Outcome, Transport } from './delivery.ts';
import type { Timing } from './options.ts';

/** https://docs.slack.dev/apis/events-api/using-socket-mode */
export const MAX_CONNECTIONS = 10;

export type DisconnectReason = 'warning' | 'refresh_requested' | 'link_disabled' | 'too_many_websockets';

interface Connection {
  socket: WebSocket;
  /** Told to go: gets nothing new, its acknowledgements still count. */
  leaving: boolean;
  /** By envelope id. */
  waiting: Map<string, (body: unknown) => void>;
}

/** The WebSocket side of Slack: every envelope goes to one of the open connections, in turn. */
export class SocketMode implements Transport {
  readonly #timing: Timing;
  readonly #appId: string;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #tickets = new Set<string>();
  readonly #connections = new Set<Connection>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #turn = 0;

  constructor(timing: Timing, appId: string) {
    this.#timing = timing;
    this.#appId = appId;
  }

  /** Path and query of a connection that can be opened once. */
  ticket(): string {
    const ticket = randomUUID();
    this.#tickets.add(ticket);
    return `/link/?ticket=${ticket}&app_id=${this.#appId}`;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const ticket = new URL(request.url ?? '/', 'http://localhost').searchParams.get('ticket') ?? '';
    if (!this.#tickets.delete(ticket)) {
      socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (accepted) => this.#welcome(accepted));
  }

  /** Connections that get envelopes. */
  get connections(): number {
    return this.#ready().length;
  }

  /**
   * Tells clients to go, and closes those that stay. A `warning` comes first, about ten seconds before the
   * connection is closed for a refresh.
   */
  disconnect(reason: DisconnectReason, count = Number.POSITIVE_INFINITY): void {
    for (const connection of this.#ready().slice(0, count)) this.#dismiss(connection, reason);
  }

  /** Cuts connections without any frame, as a network does. */
  drop(count = Number.POSITIVE_INFINITY): void {
    for (const connection of this.#ready().slice(0, count)) {
      connection.leaving = true;
      connection.socket.terminate();
    }
  }

  /** Sends a frame as it is to one connection, whatever stands in it. */
  sendRaw(frame: string): void {
    this.#ready()[0]?.socket.send(frame);
  }

  send(envelope: Envelope, attempt: Attempt): Promise<Outcome> {
    const ready = this.#ready();
    const connection = ready[this.#turn % ready.length];
    this.#turn += 1;
    if (connection === undefined) return Promise.resolve({ acked: false, reason: 'connection_failed' });
    const id = randomUUID();
    const frame = {
      envelope_id: id,
      type: envelope.type,
      payload: envelope.payload,
      accepts_response_payload: envelope.type === 'slash_commands',
      ...(envelope.type === 'events_api' && { retry_attempt: attempt.number, retry_reason: attempt.reason }),
    };
    connection.socket.send(JSON.stringify(frame));
    return this.#acknowledged(connection, id);
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const { socket } of this.#connections) socket.terminate();
    this.#server.close();
  }

  #ready(): Connection[] {
    return [...this.#connections].filter(({ leaving }) => !leaving);
  }

  #acknowledged(connection: Connection, id: string): Promise<Outcome> {
    return new Promise((resolve) => {
      const timer = this.#later(this.#timing.ackMs, () => {
        connection.waiting.delete(id);
        resolve({ acked: false, reason: 'timeout' });
      });
      connection.waiting.set(id, (body) => {
        clearTimeout(timer);
        this.#timers.delete(timer);
        resolve({ acked: true, body });
      });
    });
  }

  #later(ms: number, run: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, ms);
    this.#timers.add(timer);
    return timer;
  }

  #welcome(socket: WebSocket): void {
    const connection: Connection = { socket, leaving: false, waiting: new Map() };
    const pings = setInterval(() => socket.ping(), this.#timing.pingMs);
    this.#timers.add(pings);
    socket.on('error', () => {});
    socket.on('message', (data) => acknowledge(connection, data));
    socket.on('close', () => {
      clearInterval(pings);
      this.#timers.delete(pings);
      this.#connections.delete(connection);
    });
    this.#connections.add(connection);
    if (this.connections > MAX_CONNECTIONS) {
      this.#dismiss(connection, 'too_many_websockets');
      return;
    }
    const info = { num_connections: this.connections, connection_info: { app_id: this.#appId } };
    socket.send(JSON.stringify({ type: 'hello', ...info, debug_info: debugInfo() }));
  }

  #dismiss(connection: Connection, reason: DisconnectReason): void {
    connection.leaving = true;
    connection.socket.send(JSON.stringify({ type: 'disconnect', reason, debug_info: debugInfo() }));
    this.#later(this.#timing.disconnectGraceMs, () => connection.socket.close());
  }
}

function debugInfo(): object {
  return { host: 'applink-sim', build_number: 1, approximate_connection_time: 18_060 };
}

/** Anything that is no acknowledgement is ignored. */
function acknowledge(connection: Connection, data: RawData): void {
  try {
    const { envelope_id: id, payload } = Object(JSON.parse(String(data)));
    connection.waiting.get(id)?.(payload);
    connection.waiting.delete(id);
  } catch {
    // Slack drops frames that it cannot read, too.
  }
}

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { type Behaviour, type Message, SimSession } from './json-rpc.ts';

export interface HttpOptions {
  /** Says whether a request may be served; what it gives is the answer to one that may not. */
  guard?: (request: IncomingMessage) => { status: number; headers: Record<string, string> } | undefined;
  /** Answers with a stream of events instead of one JSON document. */
  streams?: boolean;
  /** Serves what is not the MCP endpoint. */
  elsewhere?: (request: IncomingMessage, response: ServerResponse) => Promise<boolean> | boolean;
}

/** An MCP server over streamable HTTP: https://modelcontextprotocol.io/specification/2025-11-25/basic/transports */
export interface McpHttp {
  readonly url: string;
  readonly origin: string;
  /** All requests to the endpoint: their methods, headers and messages. */
  readonly requests: { method: string; headers: IncomingMessage['headers']; message?: Message }[];
  /** Forgets all sessions, as a server that was started anew. */
  restart(): void;
  /** Ends all connections and takes no more until it is opened again, on the same port. */
  close(): Promise<void>;
  open(): Promise<void>;
}

export async function startMcpHttp(behaviour: Behaviour, options: HttpOptions = {}): Promise<McpHttp> {
  const sessions = new Map<string, SimSession>();
  const requests: McpHttp['requests'] = [];
  const server = createServer(async (request, response) => {
    try {
      if (await options.elsewhere?.(request, response)) return;
      if (new URL(request.url ?? '', 'http://x').pathname !== '/mcp') return end(response, 404);
      const refusal = options.guard?.(request);
      const body = await readText(request);
      const message: Message | undefined = body === '' ? undefined : JSON.parse(body);
      requests.push({ method: request.method ?? '', headers: request.headers, ...(message && { message }) });
      if (refusal) return void response.writeHead(refusal.status, refusal.headers).end();
      await serve(request, response, message);
    } catch (error) {
      end(response, 500, String(error));
    }
  });

  async function serve(request: IncomingMessage, response: ServerResponse, message: Message | undefined) {
    const id = request.headers['mcp-session-id'];
    const isGreeting = message?.method === 'initialize';
    if (!isGreeting && !behaviour.isModern && (typeof id !== 'string' || !sessions.has(id)))
      return end(response, id === undefined ? 400 : 404, 'No such session.');
    if (request.method === 'DELETE') {
      sessions.delete(String(id));
      return end(response, 204);
    }
    // It has nothing to say unasked.
    if (request.method === 'GET') return end(response, 405);
    const accepted = request.headers.accept ?? '';
    if (!accepted.includes('application/json') || !accepted.includes('text/event-stream'))
      return end(response, 406);
    if (!isGreeting && request.headers['mcp-protocol-version'] === undefined)
      return end(response, 400, 'No version.');
    if (!message) return end(response, 400);
    const session = isGreeting || behaviour.isModern ? new SimSession(behaviour) : sessions.get(String(id));
    if (isGreeting && session) {
      const fresh = randomUUID();
      sessions.set(fresh, session);
      response.setHeader('mcp-session-id', fresh);
    }
    const asEvents = options.streams === true && message.method === 'tools/call';
    const send = (told: Message) => void (asEvents && response.write(event(told)));
    if (asEvents) response.writeHead(200, { 'content-type': 'text/event-stream' });
    const answer = await session?.take(message, send);
    if (!answer) return end(response, 202);
    if (asEvents) return void response.end(event(answer));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    url: `${origin}/mcp`,
    requests,
    restart: () => sessions.clear(),
    close: async () => {
      server.closeAllConnections();
      if (server.listening) await new Promise((closed) => server.close(closed));
    },
    open: async () => {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
  };
}

function event(message: Message): string {
  return `event: message\ndata: ${JSON.stringify(message)}\n\n`;
}

function end(response: ServerResponse, status: number, words = ''): void {
  response.writeHead(status).end(words);
}

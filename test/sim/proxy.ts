import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';

/** What the proxy opens TLS with for its own names, as proxies of companies do; clients have to trust it. */
export const CERTIFICATE = join(import.meta.dirname, 'proxy-certificate.pem');

export interface ProxyOptions {
  /** Names that only the proxy knows, such as `slack.test`, and the port of 127.0.0.1 that they stand for. */
  names?: Record<string, number>;
  /** `user:password` that a client has to show. */
  credentials?: string;
}

export interface ProxySim {
  host: string;
  /** To where clients were let through, `host:port`, in their order. */
  readonly tunnels: readonly string[];
  /** Clients that showed no credentials, or wrong ones. */
  readonly refused: number;
  close(): Promise<void>;
}

/**
 * An HTTP proxy on 127.0.0.1 that opens tunnels (https://www.rfc-editor.org/rfc/rfc9110#CONNECT). To its own names it
 * speaks TLS itself, and passes on what is inside; nothing else could resolve them.
 */
export async function startProxy({ names = {}, credentials }: ProxyOptions = {}): Promise<ProxySim> {
  const tunnels: string[] = [];
  const open = new Set<Socket>();
  const pem = readFileSync(CERTIFICATE);
  let refused = 0;

  const server = createServer((_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(405, { 'content-type': 'text/plain' }).end('This proxy opens tunnels only.');
  });
  server.on('connection', (socket: Socket) => keep(socket));
  server.on('connect', (request: IncomingMessage, client: Socket, head: Buffer) => {
    if (!isAllowed(request, credentials)) {
      refused++;
      client.end(
        'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="sim"\r\n\r\n',
      );
      return;
    }
    const authority = request.url ?? '';
    const [, host = '', port] = /^(.+):(\d+)$/.exec(authority) ?? [];
    const named = names[host];
    tunnels.push(authority);
    const target = connect({ host: '127.0.0.1', port: named ?? Number(port) });
    keep(target);
    target.once('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      if (head.length > 0) client.unshift(head);
      const inside =
        named === undefined ? client : new TLSSocket(client, { isServer: true, key: pem, cert: pem });
      inside.on('error', () => target.destroy());
      target.on('error', () => inside.destroy());
      inside.pipe(target).pipe(inside);
    });
    target.once('error', () => client.destroy());
  });

  function keep(socket: Socket): void {
    open.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => open.delete(socket));
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    tunnels,
    get refused() {
      return refused;
    },
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function isAllowed({ headers }: IncomingMessage, credentials: string | undefined): boolean {
  if (credentials === undefined) return true;
  return headers['proxy-authorization'] === `Basic ${Buffer.from(credentials).toString('base64')}`;
}

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that belongs to somebody else: what reaches it should have gone nowhere. */
export interface Trap {
  readonly origin: string;
  readonly port: number;
  /** What has reached it. */
  readonly caught: IncomingMessage[];
  close(): Promise<void>;
}

/** @param redirectTo Where it sends whoever asks; it answers with `bytes` when left out. */
export async function openTrap(redirectTo?: string): Promise<Trap> {
  const caught: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    caught.push(request);
    if (redirectTo === undefined) response.writeHead(200, { 'content-type': 'text/plain' }).end('bytes');
    else response.writeHead(307, { location: redirectTo }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { origin: `http://127.0.0.1:${port}`, port, caught, close };
}

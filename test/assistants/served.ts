import { once } from 'node:events';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';
import { openHttp } from '../../src/operations/http.ts';
import { type Api, clientOf, openApi } from './client.ts';

/** The API over a socket, as `serve` offers it. */
export async function serveApi(options: Parameters<typeof openApi>[0] = {}) {
  const api: Api = openApi(options);
  const requests: string[] = [];
  const assistants = (request: Request) => {
    requests.push(`${request.method} ${new URL(request.url).pathname}`);
    return api.handle(request);
  };
  const http = await openHttp({ port: 0, hostname: '127.0.0.1', ready: () => true, assistants });
  onTestFinished(() => http.close());
  const origin = `http://127.0.0.1:${http.port}`;
  const client = clientOf({ baseURL: `${origin}/v1`, maxRetries: 2 });
  return { ...api, client, origin, port: http.port, requests };
}

/** A connection of a client that sends by hand. */
export async function dial(port: number) {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  let received = '';
  let error: NodeJS.ErrnoException | undefined;
  socket.on('data', (chunk) => {
    received += chunk.toString();
  });
  socket.on('error', (reason) => {
    error = reason;
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const write = (bytes: string | Uint8Array) =>
    new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
  return { socket, write, closed, received: () => received, error: () => error };
}

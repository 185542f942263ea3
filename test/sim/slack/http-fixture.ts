import { createServer, type IncomingHttpHeaders } from 'node:http';
import { onTestFinished } from 'vitest';
import { bodyOf, send } from './http.ts';

export interface Received {
  headers: IncomingHttpHeaders;
  body: string;
}

type Answer = { status: number; headers?: Record<string, string> } | 'silent';

/** A request URL that answers its nth request as it is told, and echoes the challenge. */
export async function serve(
  answer: (count: number) => Answer,
): Promise<{ url: string; requests: Received[]; close(): Promise<void> }> {
  const requests: Received[] = [];
  const server = createServer(async (request, response) => {
    const body = String(await bodyOf(request));
    const told = answer(requests.length);
    requests.push({ headers: request.headers, body });
    if (told !== 'silent') send(response, { ...told, body });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(close);
  return { url: `http://127.0.0.1:${Object(server.address()).port}/`, requests, close };
}

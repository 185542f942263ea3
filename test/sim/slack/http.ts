import type { IncomingMessage, ServerResponse } from 'node:http';

export interface HttpAnswer {
  status: number;
  headers?: Record<string, string>;
  body: string | Buffer;
}

export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export function send(response: ServerResponse, { status, headers = {}, body }: HttpAnswer): void {
  response.writeHead(status, headers);
  response.end(body);
}

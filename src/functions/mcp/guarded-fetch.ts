import type { FetchLike } from '@modelcontextprotocol/client';
import type { McpAddress } from '../../settings/mcp-fields.ts';
import type { Inflow } from './inflow.ts';

/**
 * `fetch` for one server: its headers go nowhere but to the server itself, neither to those whom it names for signing in,
 * and what comes from it is no more than is taken.
 */
export function guardedFetch(
  { url, headers }: Pick<McpAddress, 'url' | 'headers'>,
  inflow: Inflow,
): FetchLike {
  const { origin } = new URL(url);
  return async (address, init) => {
    const sent = new Headers(init?.headers);
    if (new URL(address).origin === origin)
      for (const [name, value] of Object.entries(headers)) if (!sent.has(name)) sent.set(name, value);
    const response = await fetch(address, { ...init, headers: sent });
    return bounded(response, inflow);
  };
}

function bounded(response: Response, inflow: Inflow): Response {
  if (!response.body) return response;
  const isStream = response.headers.get('content-type')?.includes('text/event-stream') ?? false;
  let pending = 0;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      inflow.took(chunk.length);
      pending = isStream ? pendingAfter(chunk, pending) : pending + chunk.length;
      inflow.isTaking(pending);
      controller.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(counted), response);
}

const LINE_FEED = 10;

/** The bytes since the last end of a line: an event's data is a line, as every server writes it. */
function pendingAfter(chunk: Uint8Array, pending: number): number {
  const at = chunk.lastIndexOf(LINE_FEED);
  return at < 0 ? pending + chunk.length : chunk.length - at - 1;
}

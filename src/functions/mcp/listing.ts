import type { Client } from '@modelcontextprotocol/client';
import { z } from 'zod';
import { type OfferedTool, offeredTool } from './tool.ts';

/** A list of more pages is not meant to end. */
export const MOST_PAGES = 100;

/** More than anybody offers; what `allow` picks out must be among them. */
const MOST_LISTED = 2_000;

/** For all pages together, in ms. */
export const LIST_MS = 30_000;

/** What a server offers, as far as it is looked at. */
export interface Listing {
  readonly tools: readonly OfferedTool[];
  /** What is wrong with the list, each a clause. */
  readonly notes: readonly string[];
}

const page = z.looseObject({ tools: z.array(z.unknown()), nextCursor: z.string().nullish() });

/** All tools of a server, page by page; the first of each name. Rejects when the server does not answer in time. */
export async function listTools(client: Client, signal: AbortSignal): Promise<Listing> {
  // A server that says it has none is not asked: many answer that with an error.
  if (!client.getServerCapabilities()?.tools) return { tools: [], notes: ['it has no tools'] };
  const tools = new Map<string, OfferedTool>();
  const notes = new Set<string>();
  const cursors = new Set<string>();
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(LIST_MS)]);
  for (let cursor: string | undefined, pages = 0; ; ) {
    const params = cursor === undefined ? {} : { params: { cursor } };
    const answer = await client.request({ method: 'tools/list', ...params }, page, {
      signal: inTime,
      timeout: LIST_MS,
    });
    for (const written of answer.tools) {
      const tool = offeredTool(written);
      if (!tool) notes.add('some of what it lists are no tools');
      else if (tools.has(tool.name)) notes.add('it lists a name twice, of which the first is taken');
      else if (tools.size < MOST_LISTED) tools.set(tool.name, tool);
      else notes.add(`it offers more than ${MOST_LISTED} tools, of which the first are looked at`);
    }
    pages += 1;
    cursor = answer.nextCursor ?? undefined;
    if (cursor === undefined) break;
    if (cursors.has(cursor) || pages >= MOST_PAGES || tools.size >= MOST_LISTED) {
      notes.add(
        `its list does not end, and is read no further than ${MOST_PAGES} pages or ${MOST_LISTED} tools`,
      );
      break;
    }
    cursors.add(cursor);
  }
  return { tools: [...tools.values()], notes: [...notes] };
}

import { Readable } from 'node:stream';
import type { AssistantStreamEvent } from 'openai/resources/beta/assistants';
import type { Fetch } from '../../src/assistants/in-process-fetch.ts';
import { eventsOf, type Item } from '../reply/transcript/run-script.ts';

/** What a run does, and until when its first search goes on. */
export interface SearchingRun {
  items: Item[];
  until?: Promise<void>;
}

const RUNS = /^\/v1\/threads\/([^/]+)\/runs$/;

/**
 * An Assistants server whose runs search documents as they are told, one after the other, the last one again and again; all
 * else is the server's behind it, which keeps the answers in its threads.
 */
export function searchingServer(runs: SearchingRun[]): (fetch: Fetch) => Fetch {
  let next = 0;
  return (fetch) => async (input, init) => {
    const request = new Request(input, init);
    const thread = RUNS.exec(new URL(request.url).pathname)?.[1];
    if (request.method !== 'POST' || thread === undefined) return fetch(request);
    const run = runs[Math.min(next++, runs.length - 1)];
    if (!run) throw new Error('The script has no run.');
    return new Response(
      framesOf(run, () => keep(fetch, request.url, run)),
      {
        headers: { 'content-type': 'text/event-stream' },
      },
    );
  };
}

async function* eventsWhen({ items, until }: SearchingRun): AsyncGenerator<AssistantStreamEvent> {
  for (const event of eventsOf(items, [7])) {
    const isFound = event.event === 'thread.run.step.completed';
    if (isFound) await until;
    yield event;
  }
}

function framesOf(run: SearchingRun, keep: () => Promise<void>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const frames = async function* () {
    for await (const { event, data } of eventsWhen(run)) {
      if (event === 'thread.run.completed') await keep();
      yield encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    }
    yield encoder.encode('event: done\ndata: [DONE]\n\n');
  };
  return Readable.toWeb(Readable.from(frames())) as ReadableStream<Uint8Array>;
}

async function keep(fetch: Fetch, runsUrl: string, { items }: SearchingRun): Promise<void> {
  const texts = items.flatMap((item) =>
    'content' in item ? item.content.flatMap((part) => (part.type === 'text' ? [part.text.value] : [])) : [],
  );
  const headers = { 'content-type': 'application/json', 'openai-beta': 'assistants=v2' };
  for (const content of texts) {
    const body = JSON.stringify({ role: 'assistant', content });
    await fetch(runsUrl.replace(/runs$/, 'messages'), { method: 'POST', headers, body });
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Frame, Refusal, type Reply, sendJson, wireOf } from './model-server.ts';

type Body = Record<string, unknown>;

/** OpenAI's, in ms: so old a response is not streamed any more, and so long after its end a background one is kept. */
const STREAMED_FOR = 5 * 60_000;
const KEPT_FOR = 10 * 60_000;

const PARAMETERS = ['stream', 'starting_after', 'include[]', 'include_obfuscation'];

/** A response as it is kept. It is made whether anybody listens or not. */
interface Kept {
  id: string;
  body: Body;
  createdAt: number;
  endedAt: number | undefined;
  status: string;
  frames: Frame[];
  /** As it is when it is over. */
  whole: Body;
  /** Called when there is another frame, or it is over. */
  wake: (() => void)[];
}

/**
 * What OpenAI keeps of responses, with the calls for it: https://developers.openai.com/api/docs/guides/background.
 * There is no event for a response that is cancelled: its streams end.
 */
export class KeptResponses {
  readonly #byId = new Map<string, Kept>();
  #now = 0;
  #count = 0;

  newId(): string {
    return `resp_sim${++this.#count}`;
  }

  /** So many milliseconds go by. */
  pass(ms: number): void {
    this.#now += ms;
  }

  /** The status of each response that was made, oldest first. */
  get statuses(): string[] {
    return [...this.#byId.values()].map(({ status }) => status);
  }

  /** Keeps one that was answered as it was asked for. */
  keep(id: string, body: Body, whole: Body): void {
    this.#add(id, body, whole);
    this.#end(this.#find(id), String(whole.status));
  }

  /** Begins to make a response in the background, and answers with its stream, or as it stands at first. */
  async begin(
    id: string,
    reply: Reply,
    body: Body,
    frames: Frame[],
    whole: Body,
    response: ServerResponse,
  ): Promise<void> {
    const kept = this.#add(id, body, whole);
    void this.#make(kept, reply, frames);
    if (body.stream !== true) return sendJson(response, 200, this.#standing(kept));
    await this.#stream(kept, 0, response, reply);
  }

  /** Answers `GET /responses/{id}` and `POST /responses/{id}/cancel`. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const url = new URL(request.url ?? '', 'http://sim');
    const [, id = '', action] = /^\/v1\/responses\/([^/]+)(?:\/(\w+))?$/.exec(url.pathname) ?? [];
    if (request.method === 'POST' && action === 'cancel') {
      sendJson(response, 200, this.#cancel(this.#find(id)));
      return true;
    }
    if (request.method !== 'GET' || id === '' || action !== undefined) return false;
    await this.#retrieve(this.#find(id), url.searchParams, response);
    return true;
  }

  async #retrieve(kept: Kept, query: URLSearchParams, response: ServerResponse): Promise<void> {
    const unknown = [...query.keys()].find((name) => !PARAMETERS.includes(name));
    if (unknown) throw refused(`Unknown parameter: '${unknown}'.`, unknown);
    if (query.get('stream') !== 'true') return sendJson(response, 200, this.#standing(kept));
    if (kept.body.background !== true) {
      throw refused(
        'This response cannot be streamed because it was not created with background=true.',
        'stream',
      );
    }
    if (kept.body.stream !== true) {
      throw refused(
        'This response cannot be streamed because it was not created with stream=true.',
        'stream',
      );
    }
    if (this.#now - kept.createdAt > STREAMED_FOR) {
      throw refused(
        'This response can no longer be streamed because it is more than 5 minutes old.',
        'stream',
      );
    }
    const after = query.get('starting_after') ?? '-1';
    if (!/^-?\d+$/.test(after)) throw refused("Invalid type for 'starting_after'.", 'starting_after');
    await this.#stream(kept, Number(after) + 1, response);
  }

  #cancel(kept: Kept): Body {
    if (kept.body.background !== true) {
      throw refused('Only responses that were created with background=true can be cancelled.', 'response_id');
    }
    if (kept.endedAt === undefined) this.#end(kept, 'cancelled');
    return this.#standing(kept);
  }

  /** Throws a 404 for one that there never was, or that is kept no longer. */
  #find(id: string): Kept {
    const kept = this.#byId.get(id);
    const isGone = kept?.body.background === true && this.#now - (kept.endedAt ?? this.#now) > KEPT_FOR;
    if (!kept || isGone || kept.body.store === false) {
      throw new Refusal(404, `Response with id '${id}' not found.`);
    }
    return kept;
  }

  #add(id: string, body: Body, whole: Body): Kept {
    const kept: Kept = {
      id,
      body,
      createdAt: this.#now,
      endedAt: undefined,
      status: 'queued',
      frames: [],
      whole,
      wake: [],
    };
    this.#byId.set(id, kept);
    return kept;
  }

  async #make(kept: Kept, { trouble = {}, onFrame }: Reply, frames: Frame[]): Promise<void> {
    const { delayMs, pauseAt, waitAt } = trouble;
    for (const [index, frame] of frames.entries()) {
      if (pauseAt?.frame === index) await sleep(pauseAt.ms, undefined, { ref: false });
      if (delayMs) await sleep(delayMs, undefined, { ref: false });
      if (waitAt?.frame === index) await waitAt.for;
      if (kept.endedAt !== undefined) return;
      const { type } = frame.data as { type: string };
      if (type === 'response.in_progress') kept.status = 'in_progress';
      frame.effect?.();
      kept.frames.push(frame);
      if (index === frames.length - 1) this.#end(kept, type.replace('response.', ''));
      onFrame?.(frame);
      wake(kept);
    }
  }

  #end(kept: Kept, status: string): void {
    kept.status = status;
    kept.endedAt = this.#now;
    wake(kept);
  }

  #standing({ whole, status, endedAt }: Kept): Body {
    if (endedAt !== undefined && status !== 'cancelled') return whole;
    return { ...whole, status, output: [], usage: null, incomplete_details: null, error: null };
  }

  /** The frames from the one of that number on, up to the end; the trouble of a reply is that of its first connection. */
  async #stream(kept: Kept, first: number, response: ServerResponse, reply: Reply = {}): Promise<void> {
    const { cutAt, stallAt } = reply.trouble ?? {};
    if (reply.onClose) response.once('close', reply.onClose);
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' }).flushHeaders();
    for (let at = first; !response.destroyed; at++) {
      while (at >= kept.frames.length && kept.endedAt === undefined && !response.destroyed) {
        const { promise, resolve } = Promise.withResolvers<void>();
        kept.wake.push(resolve);
        response.once('close', resolve);
        await promise;
      }
      const frame = kept.frames[at];
      if (!frame) break;
      if (at === stallAt) return;
      if (at === cutAt) return void response.destroy();
      await new Promise((resolve) => response.write(wireOf(frame), resolve));
    }
    response.end();
  }
}

function wake(kept: Kept): void {
  for (const resolve of kept.wake.splice(0)) resolve();
}

function refused(message: string, param: string): Refusal {
  return new Refusal(400, message, { param });
}

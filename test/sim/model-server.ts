import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Demand } from './demands.ts';
import type { HostedCall } from './hosted-code.ts';

/** What a model is to answer, told by a test. */
export interface Reply {
  /** A list is streamed piece by piece as it stands; a string word by word. */
  text?: string | string[];
  /** Sent before the text. */
  reasoning?: string;
  refusal?: string;
  /** Code that the provider runs itself, before the text. */
  hosted?: HostedCall[];
  /** `extra` are fields that the API does not know. */
  toolCalls?: { name: string; arguments: string | string[]; id?: string; extra?: object }[];
  /** Fields of the message that the API does not know; a list is streamed piece by piece. */
  extra?: Record<string, unknown>;
  usage?: { prompt: number; completion: number };
  finish?: 'stop' | 'length' | 'content_filter';
  /** A response comes to nothing after that, with this message. */
  fails?: string;
  trouble?: Trouble;
  /** Called after each frame of a stream, once the socket has taken it. */
  onFrame?: (frame: Frame) => void;
  /** Called once nothing more of a stream can be sent: it is over, was cut, or its client is gone. */
  onClose?: () => void;
}

/** What goes wrong on the way. Frames count from 0. */
export interface Trouble {
  /** Milliseconds before each frame. */
  delayMs?: number;
  /** This frame is made only when the promise is kept. */
  waitAt?: { frame: number; for: Promise<unknown> };
  /** So many milliseconds pass before this frame, and then it goes on. */
  pauseAt?: { frame: number; ms: number };
  /** The socket is destroyed instead of sending this frame. */
  cutAt?: number;
  /** The answer ends properly, as far as HTTP goes, instead of sending this frame. */
  endAt?: number;
  /** Nothing more is sent from this frame on, and the socket stays open. */
  stallAt?: number;
  /** Raw text that is sent before this frame. */
  insertAt?: { frame: number; raw: string };
  /** Each write has only so many bytes. */
  bytesPerWrite?: number;
  lineEnding?: '\n' | '\r\n' | '\r';
  /** No frame says why the answer ended (`''` says it with an empty reason), as some servers do before `[DONE]`. */
  noReason?: true | '';
  /** One whole answer comes instead of the stream, as a body of this type. */
  wholeAs?: string;
}

/** Any answer at all: an error, a web page, a body of one's own. `undefined` as the body never answers. */
export interface RawReply {
  status: number;
  headers?: Record<string, string>;
  body: string | object | undefined;
}

export interface Frame {
  event?: string;
  data: unknown;
  /** What has happened at the provider when it is sent. */
  effect?: () => void;
}

export interface RecordedRequest {
  method: string;
  path: string;
  /** With its question mark; empty when there is none. */
  query: string;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
}

/** A provider's error, thrown by a validation. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: object;

  constructor(
    status: number,
    message: string,
    fields: { type?: string; param?: string; code?: string } = {},
  ) {
    super(message);
    this.status = status;
    this.body = {
      error: { message, type: fields.type ?? 'invalid_request_error', param: null, code: null, ...fields },
    };
  }
}

/** How one of the two APIs looks on the wire. */
export interface WireApi {
  /** Such as `/chat/completions`. */
  path: string;
  /** Throws a `Refusal`. */
  validate(body: Record<string, unknown>): void;
  /** What to answer when the test has said nothing. */
  answer(body: Record<string, unknown>): Reply;
  frames(reply: Reply, body: Record<string, unknown>): Frame[];
  whole(reply: Reply, body: Record<string, unknown>): object;
  /** Whether `data: [DONE]` closes a stream. */
  done: boolean;
  /** Answers the requests that are not for a new answer; false for one that it does not know. Throws a `Refusal`. */
  more?(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<boolean>;
  /** Answers a request for an answer itself; false when there is nothing special about it. */
  special?(reply: Reply, body: Record<string, unknown>, response: ServerResponse): Promise<boolean>;
}

export interface ServerOptions {
  port?: number;
  models?: string[];
  /** What the list of models says, when it is not all of them or more; `null` for a server without a list. */
  listed?: string[] | null;
  /** Any key will do when left out; `null` asks for none. */
  apiKey?: string | null;
  /** What this server refuses besides. */
  demands?: Demand[];
}

/** A running simulator. */
export interface ModelServer {
  /** Such as `http://127.0.0.1:4010/v1`. */
  url: string;
  requests: RecordedRequest[];
  /** Says what the next requests are answered, one each, in order. Requests that are refused do not count. */
  next(...replies: (Reply | RawReply)[]): void;
  /** Says what all get from now on who look at an answer that was made before. */
  refuse(answer: RawReply): void;
  /** How many answers are still being sent: 0 once clients that went away have been noticed. */
  open(): number;
  close(): Promise<void>;
}

export async function startModelServer(api: WireApi, options: ServerOptions = {}): Promise<ModelServer> {
  const script: (Reply | RawReply)[] = [];
  const requests: RecordedRequest[] = [];
  let open = 0;
  let refused: RawReply | undefined;
  const models = options.models ?? ['sim-small', 'sim-large'];
  const { listed = models } = options;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, path = '', query = ''] = /^([^?]*)(.*)$/.exec(request.url ?? '') ?? [];
    const bytes = await bodyOf(request);
    const text = bytes.toString('utf8');
    authorize(request.headers.authorization, options.apiKey);
    if (path === '/v1/models' && request.method === 'GET' && listed !== null) {
      const data = listed.map((id) => ({ id, object: 'model', created: 1_700_000_000, owned_by: 'sim' }));
      return sendJson(response, 200, { object: 'list', data });
    }
    if (path !== `/v1${api.path}` || request.method !== 'POST') {
      if (path.startsWith(`/v1${api.path}/`))
        requests.push({ method: request.method ?? '', path, query, headers: request.headers, body: {} });
      const looks = request.method === 'GET' && path.startsWith(`/v1${api.path}/`);
      if (refused && looks) return sendRaw(response, refused);
      if (await api.more?.(request, response, bytes)) return;
      throw new Refusal(404, `Invalid URL (${request.method} ${path})`);
    }
    const body = parse(text);
    requests.push({ method: request.method, path, query, headers: request.headers, body });
    const scripted = script[0];
    if (scripted && 'status' in scripted) {
      script.shift();
      return sendRaw(response, scripted);
    }
    checkModel(body.model, models);
    for (const demand of options.demands ?? []) {
      const refused = demand(body, Buffer.byteLength(text));
      if (refused) return sendRaw(response, refused);
    }
    api.validate(body);
    const reply = (script.shift() as Reply | undefined) ?? api.answer(body);
    if (await api.special?.(reply, body, response)) return;
    await sendAnswer(response, api, reply, body);
  }

  const server = createServer((request, response) => {
    open++;
    response.on('close', () => open--);
    handle(request, response).catch((error: unknown) => {
      if (error instanceof Refusal) sendJson(response, error.status, error.body);
      else response.destroy(error instanceof Error ? error : undefined);
    });
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    next: (...replies) => void script.push(...replies),
    refuse: (answer) => {
      refused = answer;
    },
    open: () => open,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new Refusal(400, 'We could not parse the JSON body of your request.');
  }
}

function authorize(header: string | undefined, apiKey: string | null | undefined): void {
  if (apiKey === null) return;
  const key = /^Bearer (\S+)$/.exec(header ?? '')?.[1];
  if (key === undefined) {
    throw new Refusal(
      401,
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
    );
  }
  if (apiKey !== undefined && key !== apiKey) {
    throw new Refusal(401, `Incorrect API key provided: ${key}.`, { code: 'invalid_api_key' });
  }
}

function checkModel(model: unknown, models: string[]): void {
  if (typeof model !== 'string') {
    throw new Refusal(400, 'you must provide a model parameter');
  }
  if (!models.includes(model)) {
    throw new Refusal(404, `The model \`${model}\` does not exist or you do not have access to it.`, {
      code: 'model_not_found',
    });
  }
}

export function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export function sendRaw(response: ServerResponse, { status, headers, body }: RawReply): void {
  if (body === undefined) return;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body === 'string' ? 'text/html; charset=utf-8' : 'application/json';
  response.writeHead(status, { 'content-type': type, ...headers }).end(text);
}

async function sendAnswer(
  response: ServerResponse,
  api: WireApi,
  reply: Reply,
  body: Record<string, unknown>,
): Promise<void> {
  if (body.stream !== true) return sendJson(response, 200, api.whole(reply, body));
  const { wholeAs } = reply.trouble ?? {};
  if (wholeAs) {
    const text = JSON.stringify(api.whole(reply, body), undefined, 2);
    return void response.writeHead(200, { 'content-type': wholeAs }).end(text);
  }
  const { delayMs, waitAt, pauseAt, cutAt, endAt, stallAt, insertAt, bytesPerWrite } = reply.trouble ?? {};
  const { lineEnding = '\n' } = reply.trouble ?? {};
  if (reply.onClose) response.once('close', reply.onClose);
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  response.flushHeaders();
  const write = async (text: string) => {
    const bytes = Buffer.from(text.replaceAll('\n', lineEnding));
    const size = bytesPerWrite ?? bytes.length;
    for (let at = 0; at < bytes.length && !response.destroyed; at += size) {
      await new Promise((resolve) => response.write(bytes.subarray(at, at + size), resolve));
    }
  };
  for (const [index, frame] of api.frames(reply, body).entries()) {
    if (response.destroyed || index === stallAt) return;
    if (index === cutAt) return void response.destroy();
    if (index === endAt) return void response.end();
    if (insertAt?.frame === index) await write(insertAt.raw);
    if (pauseAt?.frame === index) await sleep(pauseAt.ms, undefined, { ref: false });
    if (delayMs) await sleep(delayMs);
    if (waitAt?.frame === index) await waitAt.for;
    frame.effect?.();
    await write(wireOf(frame));
    reply.onFrame?.(frame);
  }
  if (api.done || reply.trouble?.noReason !== undefined) await write('data: [DONE]\n\n');
  response.end();
}

/** A frame as it is sent. */
export function wireOf({ event, data }: Frame): string {
  return `${event ? `event: ${event}\n` : ''}data: ${JSON.stringify(data)}\n\n`;
}

/** The pieces in which a text is streamed. */
export function pieces(text: string | string[] | undefined): string[] {
  return typeof text === 'string' ? (text.match(/\S+\s*|\s+/g) ?? []) : (text ?? []);
}

export function joined(text: string | string[] | undefined): string {
  return typeof text === 'string' ? text : (text ?? []).join('');
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { type RawReply, Refusal, sendJson, sendRaw } from './model-server.ts';

type Body = Record<string, unknown>;

/** OpenAI's, in minutes: a container that was not used for so long is expired, and no more can be asked for. */
const IDLE_MINUTES = 20;

const MEMORY_LIMITS = ['1g', '4g', '16g', '64g'];

/** OpenAI's own limit for one file, in bytes. */
const LARGEST_FILE = 512 * 1024 * 1024;

interface File {
  id: string;
  path: string;
  createdAt: number;
  source: 'user' | 'assistant';
  content: Buffer;
}

interface Container {
  id: string;
  name: string;
  memory: string;
  minutes: number;
  createdAt: number;
  lastActiveAt: number;
  files: File[];
}

/** What a request gets instead of its answer: another one, or half of it before the connection breaks. */
export type Fault = RawReply | 'cut';

/**
 * OpenAI's containers, in which the code of `code_interpreter` runs:
 * https://developers.openai.com/api/reference/resources/containers
 */
export class SimContainers {
  /** Each request for containers, such as `POST /containers`, with ids left out. */
  readonly calls: string[] = [];
  readonly #byId = new Map<string, Container>();
  readonly #faults: { call: string; fault: Fault }[] = [];
  readonly #largestFile: number;
  #now = 1_700_000_000_000;
  #count = 0;

  constructor(largestFile = LARGEST_FILE) {
    this.#largestFile = largestFile;
  }

  /** So many milliseconds go by. */
  pass(ms: number): void {
    this.#now += ms;
  }

  /** The next requests like `call` meet these faults, one each. */
  fail(call: string, ...faults: Fault[]): void {
    this.#faults.push(...faults.map((fault) => ({ call, fault })));
  }

  /** The time there, in ms since 1970. */
  get now(): number {
    return this.#now;
  }

  /** The containers that there are, expired ones too, oldest first. */
  get all(): Container[] {
    return [...this.#byId.values()];
  }

  isExpired({ lastActiveAt, minutes }: Container): boolean {
    return this.#now - lastActiveAt > minutes * 60_000;
  }

  /** The container that a tool names, which that uses; a new one where it leaves that to the provider. */
  ofTool(container: unknown): Container {
    if (typeof container !== 'string') {
      const { memory_limit: memory } = container as { memory_limit?: string };
      return this.#make('auto', memory ?? '1g', IDLE_MINUTES);
    }
    return this.#use(container);
  }

  /** The id that the file at `path` has, or will have. */
  fileId(container: Container, path: string): string {
    return container.files.find((file) => file.path === path)?.id ?? this.#newId('cfile_', 32);
  }

  /** Code writes a file. */
  write(container: Container, id: string, path: string, content: Buffer): void {
    container.files = container.files.filter((file) => file.path !== path);
    container.files.push({ id, path, content, source: 'assistant', createdAt: this.#now });
    container.lastActiveAt = this.#now;
  }

  newCallId(): string {
    return this.#newId('ci_', 50);
  }

  /** Answers `/containers…`; false for another address. */
  async handle(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<boolean> {
    const url = new URL(request.url ?? '', 'http://sim');
    const [, id = '', files, fileId = '', content] =
      /^\/v1\/containers(?:\/([^/]+))?(?:(\/files)(?:\/([^/]+)(\/content)?)?)?$/.exec(url.pathname) ?? [];
    if (!/^\/v1\/containers(\/|$)/.test(url.pathname)) return false;
    const place = [id && '/{id}', files, fileId && '/{file}', content].filter(Boolean).join('');
    const call = `${request.method} /containers${place}`;
    this.calls.push(call);
    const fault = this.#fault(call);
    if (fault && fault !== 'cut') sendRaw(response, fault);
    else if (content && request.method === 'GET') this.#send(response, this.#file(id, fileId), fault);
    else sendJson(response, 200, await this.#answer(call, { id, fileId, url, request, body }));
    return true;
  }

  async #answer(
    call: string,
    {
      id,
      fileId,
      url,
      request,
      body,
    }: { id: string; fileId: string; url: URL; request: IncomingMessage; body: Buffer },
  ): Promise<object> {
    switch (call) {
      case 'POST /containers':
        return this.#shown(this.#create(JSON.parse(body.toString()) as Body));
      case 'GET /containers':
        return page(
          this.all.map((container) => this.#shown(container)),
          url,
        );
      case 'GET /containers/{id}':
        return this.#shown(this.#touch(this.#find(id)));
      case 'DELETE /containers/{id}':
        this.#byId.delete(this.#find(id).id);
        return { id, object: 'container.deleted', deleted: true };
      case 'POST /containers/{id}/files':
        return fileJson(await this.#upload(this.#use(id), request, body), id);
      case 'GET /containers/{id}/files':
        return page(
          this.#use(id).files.map((file) => fileJson(file, id)),
          url,
        );
      case 'GET /containers/{id}/files/{file}':
        return fileJson(this.#file(id, fileId), id);
      case 'DELETE /containers/{id}/files/{file}': {
        const container = this.#use(id);
        container.files = container.files.filter((file) => file !== this.#file(id, fileId));
        return { id: fileId, object: 'container.file.deleted', deleted: true };
      }
      default:
        throw new Refusal(404, `Invalid URL (${request.method} ${url.pathname})`);
    }
  }

  #send(response: ServerResponse, { content }: File, fault: Fault | undefined): void {
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': content.length });
    if (fault === undefined) return void response.end(content);
    response.write(content.subarray(0, Math.ceil(content.length / 2)), () => response.destroy());
  }

  #create(body: Body): Container {
    const known = ['name', 'file_ids', 'expires_after', 'memory_limit', 'network_policy', 'skills'];
    const unknown = Object.keys(body).find((key) => !known.includes(key));
    if (unknown) throw invalid(`Unknown parameter: '${unknown}'.`, unknown, 'unknown_parameter');
    if (typeof body.name !== 'string' || body.name === '')
      throw invalid("Missing required parameter: 'name'.", 'name', 'missing_required_parameter');
    const after = body.expires_after as { anchor?: string; minutes?: number } | undefined;
    if (after && after.anchor !== 'last_active_at')
      throw invalid(`Invalid value: '${after.anchor}'.`, 'expires_after.anchor', 'invalid_value');
    const { minutes = IDLE_MINUTES } = after ?? {};
    if (!(Number.isInteger(minutes) && minutes >= 1 && minutes <= IDLE_MINUTES))
      throw invalid(`Invalid value: ${minutes}.`, 'expires_after.minutes', 'invalid_value');
    checkMemory(body.memory_limit, 'memory_limit');
    return this.#make(body.name, String(body.memory_limit ?? '1g'), minutes);
  }

  #make(name: string, memory: string, minutes: number): Container {
    const id = this.#newId('cntr_', 48);
    const times = { createdAt: this.#now, lastActiveAt: this.#now };
    const container: Container = { id, name, memory, minutes, ...times, files: [] };
    this.#byId.set(id, container);
    return container;
  }

  async #upload(container: Container, request: IncomingMessage, body: Buffer): Promise<File> {
    const headers = { 'content-type': request.headers['content-type'] ?? '' };
    const form = await new Response(new Uint8Array(body), { headers }).formData().catch(() => undefined);
    const file = form?.get('file');
    if (!(file instanceof Blob)) throw invalid("Missing required parameter: 'file'.", 'file');
    const content = Buffer.from(await file.arrayBuffer());
    if (content.length > this.#largestFile)
      throw new Refusal(413, `File is too large: the limit is ${this.#largestFile} bytes.`, {
        param: 'file',
      });
    const hash = this.#newId('', 32);
    const made: File = {
      id: this.#newId('cfile_', 32),
      path: `/mnt/data/${hash}-${file.name}`,
      createdAt: this.#now,
      source: 'user',
      content,
    };
    container.files.push(made);
    return made;
  }

  /** The container, whose use begins its time anew. Throws what OpenAI says of one that is not there, or not any more. */
  #use(id: string): Container {
    const container = this.#find(id);
    if (this.isExpired(container)) throw new Refusal(400, 'Container is expired.', { param: 'container' });
    return this.#touch(container);
  }

  /** Of an expired one only what it was can be seen. */
  #touch(container: Container): Container {
    if (!this.isExpired(container)) container.lastActiveAt = this.#now;
    return container;
  }

  #find(id: string): Container {
    const container = this.#byId.get(id);
    if (!container) throw new Refusal(404, `Container with id '${id}' not found.`);
    return container;
  }

  #file(id: string, fileId: string): File {
    const file = this.#use(id).files.find((each) => each.id === fileId);
    if (!file) throw new Refusal(404, `File with id '${fileId}' not found in container.`);
    return file;
  }

  #shown(container: Container): { id: string } & Body {
    const { id, name, memory, minutes, createdAt, lastActiveAt } = container;
    return {
      id,
      object: 'container',
      name,
      status: this.isExpired(container) ? 'expired' : 'running',
      created_at: seconds(createdAt),
      last_active_at: seconds(lastActiveAt),
      expires_after: { anchor: 'last_active_at', minutes },
      memory_limit: memory,
    };
  }

  #fault(call: string): Fault | undefined {
    const at = this.#faults.findIndex((each) => each.call === call);
    return at === -1 ? undefined : this.#faults.splice(at, 1)[0]?.fault;
  }

  #newId(prefix: string, length: number): string {
    return prefix + (++this.#count).toString(16).padStart(length, 'a');
  }
}

/** Throws what OpenAI says of a tool that is no code interpreter as it should be. */
export function checkCodeTool(tool: { container?: unknown }, at: number): void {
  const param = `tools[${at}].container`;
  const { container } = tool;
  if (container === undefined)
    throw invalid(`Missing required parameter: '${param}'.`, param, 'missing_required_parameter');
  if (typeof container === 'string') {
    if (container.length > 64)
      throw invalid(
        `Invalid '${param}': string too long. Expected a string with maximum length 64, but got a string with length ${container.length} instead.`,
        param,
        'string_above_max_length',
      );
    if (!container.startsWith('cntr_'))
      throw invalid(
        `Invalid '${param}': '${container}'. Expected an ID that begins with 'cntr'.`,
        param,
        'invalid_value',
      );
    return;
  }
  const { type, memory_limit, ...more } = container as Body;
  if (type !== 'auto')
    throw invalid(
      `Invalid value: '${type}'. Supported values are: 'auto'.`,
      `${param}.type`,
      'invalid_value',
    );
  const unknown = Object.keys(more).find((key) => !['file_ids', 'network_policy'].includes(key));
  if (unknown)
    throw invalid(`Unknown parameter: '${param}.${unknown}'.`, `${param}.${unknown}`, 'unknown_parameter');
  checkMemory(memory_limit, `${param}.memory_limit`);
}

function checkMemory(memory: unknown, param: string): void {
  if (memory === undefined || memory === null || MEMORY_LIMITS.includes(String(memory))) return;
  const supported = MEMORY_LIMITS.map((limit) => `'${limit}'`).join(', ');
  throw invalid(`Invalid value: '${memory}'. Supported values are: ${supported}.`, param, 'invalid_value');
}

function page(items: { id: string }[], { searchParams: query }: URL): object {
  const unknown = [...query.keys()].find((key) => !['limit', 'order', 'after', 'name'].includes(key));
  if (unknown) throw invalid(`Unknown parameter: '${unknown}'.`, unknown, 'unknown_parameter');
  const limit = Number(query.get('limit') ?? 20);
  if (!(limit >= 1 && limit <= 100)) throw invalid(`Invalid value: ${limit}.`, 'limit', 'invalid_value');
  const ordered = query.get('order') === 'asc' ? items : items.toReversed();
  const first = ordered.findIndex(({ id }) => id === query.get('after')) + 1;
  const data = ordered.slice(first, first + limit);
  const ends = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
  return { object: 'list', data, ...ends, has_more: first + limit < ordered.length };
}

function fileJson({ id, path, createdAt, source, content }: File, containerId: string) {
  return {
    id,
    object: 'container.file',
    created_at: seconds(createdAt),
    bytes: content.length,
    container_id: containerId,
    path,
    source,
  };
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}

function invalid(message: string, param: string, code?: string): Refusal {
  return new Refusal(400, message, { param, ...(code && { code }) });
}

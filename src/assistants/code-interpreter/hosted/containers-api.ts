import OpenAI, { APIError, toFile } from 'openai';
import { isObject, numberAt, stringAt } from '../../models/remote/json.ts';
import { Provider, type ProviderOptions } from '../../models/remote/provider.ts';
import { fetchWithStallTimeout } from '../../models/remote/stall.ts';

/** How much memory a container has, as OpenAI offers it: https://developers.openai.com/api/docs/guides/tools-code-interpreter */
export const MEMORY_LIMITS = ['1g', '4g', '16g', '64g'] as const;
export type MemoryLimit = (typeof MEMORY_LIMITS)[number];

/** A container is dropped by OpenAI once it was not used for so long; nothing else can be asked for. */
export const IDLE_MINUTES = 20;

/** For one file to come or to go, in ms: the largest that we send needs so long on a slow line. */
const TRANSFER_TIMEOUT_MS = 120_000;

/** For everything else, in ms: somebody waits in a chat. */
const CALL_TIMEOUT_MS = 20_000;

/** As often is a file's content asked for that breaks off on its way; the SDK tries the rest again by itself. */
const CONTENT_TRIES = 3;

/** So many files of a container are looked at: more than any conversation makes. */
const MAX_LISTED = 500;

/** A file in a container. */
export interface ContainerFile {
  id: string;
  /** Where it stands, such as `/mnt/data/chart.png`. */
  path: string;
  bytes: number;
  createdAt: number;
  /** Brought there by people, and not by code. */
  isUpload: boolean;
}

/** The file has more bytes than were wanted. */
export class TooLarge extends Error {}

/**
 * The provider's containers: https://developers.openai.com/api/reference/resources/containers. Everything rejects with
 * the SDK's errors, and with the signal's reason.
 */
export class ContainersApi {
  /** Whose containers these are. */
  readonly provider: Provider;
  readonly #client: OpenAI;
  /** For the bytes of files. */
  readonly #transfers: OpenAI;

  constructor(options: ProviderOptions) {
    const { baseURL, apiKey } = options;
    this.provider = new Provider(options);
    this.#client = new OpenAI({
      ...(baseURL !== undefined && { baseURL }),
      apiKey: apiKey || 'none',
      logLevel: 'off',
      fetch: fetchWithStallTimeout(CALL_TIMEOUT_MS),
    });
    this.#transfers = this.#client.withOptions({ fetch: fetchWithStallTimeout(TRANSFER_TIMEOUT_MS) });
  }

  /** The id of a new container. */
  async create(name: string, memory: MemoryLimit | undefined, signal: AbortSignal): Promise<string> {
    const { id } = await this.#client.containers.create(
      {
        name,
        expires_after: { anchor: 'last_active_at', minutes: IDLE_MINUTES },
        ...(memory && { memory_limit: memory }),
      },
      { signal },
    );
    return id;
  }

  /** Whether the container can still be used; asking for it counts as a use. */
  async lives(id: string, signal: AbortSignal): Promise<boolean> {
    try {
      const { status } = await this.#client.containers.retrieve(id, { signal });
      return !['expired', 'deleted'].includes(status);
    } catch (error) {
      if (error instanceof APIError && error.status === 404) return false;
      throw error;
    }
  }

  /** Brings a file, and tells where it stands: not under its own name. */
  async put(id: string, name: string, bytes: Uint8Array, signal: AbortSignal): Promise<string> {
    const file = await toFile(bytes, name);
    return (await this.#transfers.containers.files.create(id, { file }, { signal })).path;
  }

  /** The newest files, oldest first. */
  async list(id: string, signal: AbortSignal): Promise<ContainerFile[]> {
    const files: ContainerFile[] = [];
    for await (const file of this.#client.containers.files.list(
      id,
      { limit: 100, order: 'desc' },
      { signal },
    )) {
      files.unshift(containerFile(file));
      if (files.length === MAX_LISTED) break;
    }
    return files;
  }

  async file(id: string, fileId: string, signal: AbortSignal): Promise<ContainerFile> {
    const found = await this.#client.containers.files.retrieve(fileId, { container_id: id }, { signal });
    return containerFile(found);
  }

  /** A file's bytes. Throws `TooLarge` when there are more than `most`. */
  async content(id: string, fileId: string, most: number, signal: AbortSignal): Promise<Uint8Array> {
    for (let tries = 1; ; tries++) {
      try {
        const where = { container_id: id };
        const { body } = await this.#transfers.containers.files.content.retrieve(fileId, where, { signal });
        return await bytesOf(body, most);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof APIError || error instanceof TooLarge || tries === CONTENT_TRIES) throw error;
      }
    }
  }

  async delete(id: string, signal: AbortSignal): Promise<void> {
    await this.#client.containers.delete(id, { signal });
  }

  /** Whether the key may use containers here; costs nothing. */
  async examine(signal: AbortSignal): Promise<void> {
    const body: unknown = await this.#client.get('/containers?limit=1', { signal, maxRetries: 0 });
    if (!isObject(body) || !Array.isArray(body.data))
      throw new APIError(404, undefined, 'Not found', undefined);
  }
}

async function bytesOf(body: ReadableStream<Uint8Array> | null, most: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body ?? []) {
    length += piece.length;
    if (length > most) throw new TooLarge();
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function containerFile(file: unknown): ContainerFile {
  return {
    id: stringAt(file, 'id'),
    path: stringAt(file, 'path'),
    bytes: numberAt(file, 'bytes') ?? 0,
    createdAt: numberAt(file, 'created_at') ?? 0,
    isUpload: stringAt(file, 'source') === 'user',
  };
}

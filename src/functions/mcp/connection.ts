import { setTimeout as sleep } from 'node:timers/promises';
import {
  Client,
  type ProgressCallback,
  ProtocolError,
  ProtocolErrorCode,
  StreamableHTTPClientTransport,
  type Transport,
} from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { McpServer } from '../../settings/mcp-variables.ts';
import { type Failure, failureOf, statusOf } from './failure.ts';
import { guardedFetch } from './guarded-fetch.ts';
import { Inflow } from './inflow.ts';
import { type Listing, listTools, MOST_PAGES } from './listing.ts';
import type { SignIn } from './oauth/sign-in.ts';
import type { ToolResult } from './result.ts';
import { StdioTransport } from './stdio-transport.ts';
import type { OfferedTool } from './tool.ts';
import { mayGreetOtherwise, NEWEST_VERSION, versionFailure, versionIn } from './version.ts';

/** From the start of a server to the end of its greeting, in ms: a program may have to be fetched first. */
const CONNECT_MS = 60_000;

/** To read one resource that a result links, in ms. */
const READ_MS = 20_000;

/** So often a broken stream of notifications is opened again before the whole connection is made anew. */
const MOST_RESUMES = 3;

/** As long as it takes to open such a stream again, in ms; each further pause is twice as long. */
const RESUME_MS = 1_000;

/** More than it takes to greet a server. */
const MOST_GREETINGS = 10;

/** For a server to be told that its session is over, in ms. */
const FAREWELL_MS = 1_000;

const CLIENT = { name: 'bobbin', title: 'Bobbin', version: '0.1.0' };

export interface CallOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Is told what the server says that it is doing. */
  readonly onProgress: ProgressCallback;
}

export interface ConnectOptions {
  readonly signIn: SignIn | undefined;
  readonly signal: AbortSignal;
  /** The server says that its tools are others now. */
  readonly onListChanged: () => void;
}

/** A server could not be connected. */
export class NotConnected extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.reason, options);
    this.failure = failure;
  }
}

/**
 * Connects to a server, with a client and a transport of its own: neither is good for a second time. Throws `NotConnected`.
 */
export async function connect(server: McpServer, options: ConnectOptions): Promise<Connection> {
  const first = new Connection(server, options, 'usual');
  try {
    await first.open();
    return first;
  } catch (error) {
    const failed = first.failed(error);
    if (!mayGreetOtherwise(error, statusOf(error))) throw failed;
    const second = new Connection(server, options, 'newest');
    // A server that knows neither greeting is best described by its answer to the first.
    await second.open().catch(() => {
      throw failed;
    });
    return second;
  }
}

/** One connection to a server, from its greeting to its end. */
export class Connection {
  /** Why it ended; never rejects. */
  readonly closed: Promise<Failure>;
  readonly #server: McpServer;
  readonly #options: ConnectOptions;
  readonly #client: Client;
  readonly #transport: Transport;
  readonly #over = Promise.withResolvers<Failure>();
  readonly #ending = new AbortController();
  /** Answers that may come, at most: a server can send those that nobody has asked for, too. */
  #awaited = MOST_GREETINGS;
  #version: string | undefined;
  #cause: unknown;

  constructor(server: McpServer, options: ConnectOptions, greeting: 'usual' | 'newest') {
    this.#server = server;
    this.#options = options;
    this.closed = this.#over.promise;
    const inflow = new Inflow();
    inflow.onFlood = (flood) => this.drop(flood);
    this.#client = new Client(CLIENT, {
      capabilities: {},
      inputRequired: { autoFulfill: false },
      ...(greeting === 'newest' && { versionNegotiation: { mode: { pin: NEWEST_VERSION } } }),
      // A server that has said so is asked anew by whoever listens, who knows how often is too often.
      listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: () => options.onListChanged() } },
    });
    this.#transport = this.#newTransport(inflow);
    this.#transport.onmessage = (message) => {
      this.#version ??= versionIn(message);
      if ('method' in message || this.#awaited === 0) inflow.tookUnasked();
      else this.#awaited -= 1;
    };
    this.#client.onclose = () => {
      this.#ending.abort();
      this.#over.resolve(this.#failure(this.#cause ?? new Error('it ended the connection')));
    };
    this.#client.onerror = () => {};
    this.#client.fallbackRequestHandler = async ({ method }) => {
      const refusal = `Bobbin takes no ${method}: it offers servers neither sampling, elicitation nor roots.`;
      throw new ProtocolError(ProtocolErrorCode.MethodNotFound, refusal);
    };
  }

  async open(): Promise<void> {
    const { signal } = this.#options;
    signal.addEventListener('abort', () => this.drop(new Error('Bobbin ends')), {
      once: true,
      signal: this.#ending.signal,
    });
    await this.#client.connect(this.#transport, { signal, timeout: CONNECT_MS });
  }

  /** The failure to open it, for whoever is told; it is closed. */
  failed(error: unknown): NotConnected {
    void this.close();
    const cause = versionFailure(this.#cause ?? error, this.#version);
    return new NotConnected(this.#failure(cause), { cause });
  }

  /** Aborted when nothing can be asked any more. */
  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  tools(): Promise<Listing> {
    this.#awaited += MOST_PAGES;
    return listTools(this.#client, this.#ending.signal);
  }

  /** Calls a tool. Rejects with what the SDK throws. */
  call(tool: OfferedTool, args: Record<string, unknown>, options: CallOptions): Promise<ToolResult> {
    const { signal, timeoutMs, onProgress } = options;
    this.#awaited += 1;
    return this.#client.callTool(
      { name: tool.name, arguments: args },
      { signal, timeout: timeoutMs, onprogress: onProgress, ...this.#definition(tool) },
    );
  }

  /** The newest version puts some arguments into headers, for which the definition is needed. */
  #definition({ name, inputSchema }: OfferedTool) {
    if (this.#client.getProtocolEra() !== 'modern') return {};
    return { toolDefinition: { name, inputSchema: { ...inputSchema, type: 'object' as const } } };
  }

  async read(uri: string, signal: AbortSignal): Promise<readonly unknown[]> {
    this.#awaited += 1;
    const { contents } = await this.#client.readResource(
      { uri },
      { signal, timeout: READ_MS, cacheMode: 'bypass' },
    );
    return contents;
  }

  /** Ends it, because of `cause`. */
  drop(cause: unknown): void {
    this.#cause ??= cause;
    void this.close();
  }

  async close(): Promise<void> {
    this.#ending.abort();
    const { transport } = this.#client;
    if (this.#transport instanceof StreamableHTTPClientTransport && transport)
      await Promise.race([this.#transport.terminateSession().catch(() => {}), sleep(FAREWELL_MS)]);
    await this.#transport.close().catch(() => {});
    await this.#client.close().catch(() => {});
    this.#over.resolve(this.#failure(this.#cause ?? new Error('it was closed')));
  }

  #failure(error: unknown): Failure {
    const { lastWords = '' } = this.#transport instanceof StdioTransport ? this.#transport : {};
    return failureOf(error, this.#server, lastWords);
  }

  #newTransport(inflow: Inflow): Transport {
    const server = this.#server;
    if ('command' in server) {
      // Process groups are a matter of other systems, and Windows finds no npx without the SDK's help.
      if (process.platform === 'win32') return new StdioClientTransport({ ...server, stderr: 'ignore' });
      return new StdioTransport(server, inflow);
    }
    const { signIn } = this.#options;
    return new StreamableHTTPClientTransport(new URL(server.url), {
      fetch: guardedFetch(server, inflow),
      ...(signIn && { authProvider: signIn }),
      reconnectionScheduler: (reconnect, _, attempt) => this.#resume(reconnect, attempt),
      reconnectionOptions: {
        initialReconnectionDelay: RESUME_MS,
        maxReconnectionDelay: RESUME_MS,
        reconnectionDelayGrowFactor: 1,
        maxRetries: Number.POSITIVE_INFINITY,
      },
    });
  }

  /** A server that was started anew knows nothing of this session. */
  #resume(reconnect: () => void, attempt: number): (() => void) | undefined {
    if (attempt >= MOST_RESUMES) {
      this.drop(new Error('its stream broke off'));
      return undefined;
    }
    const timer = setTimeout(reconnect, RESUME_MS * 2 ** attempt);
    return () => clearTimeout(timer);
  }
}

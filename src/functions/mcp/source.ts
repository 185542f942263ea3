import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../log.ts';
import type { McpServer } from '../../settings/mcp-variables.ts';
import { FunctionError, type FunctionSource, type TeamFunction } from '../team-function.ts';
import type { Connection } from './connection.ts';
import type { Failure } from './failure.ts';
import type { SignIn } from './oauth/sign-in.ts';
import type { Pins, Verdict } from './pins.ts';
import { signInFunction } from './sign-in-function.ts';
import type { ServerStatus } from './status.ts';
import { toolCall } from './tool-call.ts';
import { candidates, functionsOf } from './tool-functions.ts';
import { boundedLine, withoutSecrets } from './words.ts';

/** Between two attempts to connect, in ms; each further pause is twice as long, up to the last. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 5 * 60_000;

/** So long after the start people wait for the tools of a server, in ms: most programs are there by then. */
const READY_MS = 2_000;

/** A connection that has lasted so long was a good one: the next pause is the first again. */
const STABLE_MS = 60_000;

/** So long a call waits for a server that is just being connected, in ms. */
const CALL_PATIENCE_MS = 10_000;

/** Between two looks at a list that is said to have changed, in ms. */
const LIST_PAUSE_MS = 2_000;

/** Servers that can't say that their list has changed are asked so often, in ms. */
const LIST_AGAIN_MS = 10 * 60_000;

/** Of what went wrong with a list, in UTF-16 code units. */
const LONGEST_REASON = 300;

export interface SourceOptions {
  readonly pins: Pins;
  readonly signIn: SignIn | undefined;
  readonly log: Logger;
}

/** One MCP server: its tools as functions, and the connection behind them, which is made anew whenever it ends. */
export class McpSource implements FunctionSource {
  readonly name: string;
  /** Resolves when it was connected for the first time, or could not be. */
  readonly first: Promise<void>;
  functions: readonly TeamFunction[] = [];
  /** A function of the team of the same name was there first. */
  readonly renames = true;
  readonly #server: McpServer;
  readonly #options: SourceOptions;
  readonly #end = new AbortController();
  readonly #firstOver = Promise.withResolvers<void>();
  #kept: Promise<void> | undefined;
  #ready: Promise<void> | undefined;
  #connection: Connection | undefined;
  #attempt = Promise.withResolvers<Connection | Failure>();
  #pause = new AbortController();
  #failure: Failure | undefined;
  #notes: readonly string[] = [];
  #refreshing: Promise<void> | undefined;
  #isStale = false;
  #told = '';

  constructor(server: McpServer, options: SourceOptions) {
    this.name = server.name;
    this.#server = server;
    this.#options = options;
    this.first = this.#firstOver.promise;
  }

  /** Connects in the background, and stays connected until it is closed. */
  begin(): void {
    this.#kept ??= this.#keep().catch((error) => {
      this.#options.log.error({ err: error, server: this.name }, 'an MCP server is given up');
    });
  }

  /** Connects in the background, and lets whoever has just started wait a moment for the tools. */
  ready(): Promise<void> {
    this.begin();
    this.#ready ??= Promise.race([this.first, sleep(READY_MS, undefined, { ref: false })]);
    return this.#ready;
  }

  /** Something that somebody has done may let it work now, such as to sign in or to agree to a tool. */
  lookAgain(): void {
    if (this.#connection) this.#refreshSoon(this.#connection);
    else this.#pause.abort();
  }

  /** Nobody is signed in any more: what the tools were is not for those who have not. */
  signedOut(): void {
    this.functions = [signInFunction(this.name)];
    this.#connection?.drop(new Error('Bobbin has signed out'));
  }

  async status(): Promise<ServerStatus> {
    const { name, functions } = this;
    const reason = this.#failure?.reason;
    return {
      name,
      state: this.#connection ? 'connected' : reason ? 'failed' : 'connecting',
      ...(reason && !this.#connection && { reason }),
      wantsSignIn: this.#connection === undefined && (this.#failure?.wantsSignIn ?? false),
      functions: functions.map((each) => each.name),
      changed: await this.#options.pins.changed(name),
      notes: this.#notes,
    };
  }

  async close(): Promise<void> {
    this.#end.abort();
    this.#pause.abort();
    await this.#connection?.close();
    await this.#kept;
  }

  async #keep(): Promise<void> {
    // Loaded once it is used: it takes longer to load than all else of the start.
    const { connect } = await import('./connection.ts');
    for (
      let pause = FIRST_PAUSE_MS;
      !this.#end.signal.aborted;
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
    ) {
      const began = performance.now();
      this.#pause = new AbortController();
      this.#failed(await this.#connect(connect));
      if (performance.now() - began > STABLE_MS) pause = FIRST_PAUSE_MS;
      const signal = AbortSignal.any([this.#pause.signal, this.#end.signal]);
      await sleep(pause, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  /** Makes one connection and waits for its end; gives why there is none any more. */
  async #connect(connect: typeof import('./connection.ts').connect): Promise<Failure> {
    let connection: Connection | undefined;
    try {
      const { signIn } = this.#options;
      connection = await connect(this.#server, {
        signIn,
        signal: this.#end.signal,
        onListChanged: () => connection && this.#refreshSoon(connection),
      });
      await this.#refresh(connection);
      this.#connected(connection);
      return await connection.closed;
    } catch (error) {
      const failure = await this.#failureOf(error, connection);
      this.#decide(failure);
      return failure;
    } finally {
      this.#connection = undefined;
      await connection?.close();
    }
  }

  async #failureOf(error: unknown, connection: Connection | undefined): Promise<Failure> {
    const { failureOf } = await import('./failure.ts');
    const { NotConnected } = await import('./connection.ts');
    if (error instanceof NotConnected) return error.failure;
    // What it was asked first failed because it ended: why it ended says more.
    connection?.drop(error);
    return connection ? await connection.closed : failureOf(error, this.#server);
  }

  #connected(connection: Connection): void {
    const { log } = this.#options;
    log.info(
      { server: this.name, tools: this.functions.length, notes: this.#notes },
      'an MCP server is connected',
    );
    this.#failure = undefined;
    this.#told = '';
    this.#connection = connection;
    this.#decide(connection);
    void this.#askAgain(connection);
  }

  /** Who calls from here on waits for the next attempt. */
  #decide(outcome: Connection | Failure): void {
    this.#attempt.resolve(outcome);
    this.#attempt = Promise.withResolvers();
    this.#firstOver.resolve();
  }

  /** The tools stay: the next call connects, and whoever calls meanwhile is told. */
  #failed(failure: Failure): void {
    this.#failure = failure;
    if (failure.wantsSignIn && this.functions.length === 0) this.functions = [signInFunction(this.name)];
    if (this.#end.signal.aborted) return;
    const level = this.#told === failure.reason ? 'debug' : 'warn';
    this.#told = failure.reason;
    this.#options.log[level]({ server: this.name, reason: failure.reason }, 'an MCP server cannot be used');
  }

  async #askAgain(connection: Connection): Promise<void> {
    const signal = AbortSignal.any([this.#end.signal, connection.ending]);
    while (!signal.aborted) {
      await sleep(LIST_AGAIN_MS, undefined, { ref: false, signal }).catch(() => {});
      if (!signal.aborted) this.#refreshSoon(connection);
    }
  }

  /** However often a server says that its list has changed, it is asked for it once at a time. */
  #refreshSoon(connection: Connection): void {
    this.#isStale = true;
    this.#refreshing ??= this.#refreshWhileStale(connection).finally(() => {
      this.#refreshing = undefined;
    });
  }

  async #refreshWhileStale(connection: Connection): Promise<void> {
    while (this.#isStale && !this.#end.signal.aborted) {
      this.#isStale = false;
      try {
        await this.#refresh(connection);
      } catch (error) {
        if (connection.ending.aborted) break;
        // Its details hold what the server has answered.
        const reason = boundedLine(withoutSecrets(String(error), this.#secrets()), LONGEST_REASON);
        this.#options.log.warn(
          { server: this.name, reason },
          'the tools of an MCP server could not be listed',
        );
      }
      await sleep(LIST_PAUSE_MS, undefined, { ref: false, signal: this.#end.signal }).catch(() => {});
    }
  }

  async #refresh(connection: Connection): Promise<void> {
    const { found, notes } = candidates(this.#server, await connection.tools());
    const verdicts = await this.#options.pins.review(
      this.name,
      found.map(({ tool }) => tool),
    );
    this.functions = functionsOf(this.#server, found, verdicts, (tool) =>
      toolCall(tool, this.#server, {
        connectionFor: (signal) => this.#connectionFor(signal),
        secrets: () => this.#secrets(),
      }),
    );
    this.#notes = notes;
    this.#tellNews(verdicts);
  }

  /** Whoever reads the log may want to know what a server has learnt; what has become of a known tool they must. */
  #tellNews(verdicts: ReadonlyMap<string, Verdict>): void {
    const { log } = this.#options;
    const named = (wanted: Verdict) =>
      [...verdicts].flatMap(([name, verdict]) => (verdict === wanted ? [name] : []));
    const [fresh, changed] = [named('new'), named('changed')];
    if (fresh.length > 0) log.info({ server: this.name, tools: fresh }, 'an MCP server has new tools');
    if (changed.length === 0) return;
    const todo = `look at them with "npm start -- mcp list", and take them with "npm start -- mcp approve ${this.name}"`;
    log.warn(
      { server: this.name, tools: changed, todo },
      'tools of an MCP server say something else than before, and are off',
    );
  }

  /** What the server was given it may give back. */
  #secrets(): string[] {
    return [...this.#server.secrets, ...(this.#options.signIn?.secrets ?? [])];
  }

  /** The connection that there is, or the one that is made now. */
  async #connectionFor(signal: AbortSignal): Promise<Connection> {
    if (this.#connection && !this.#connection.ending.aborted) return this.#connection;
    this.#pause.abort();
    const patience = new AbortController();
    const late = sleep(CALL_PATIENCE_MS, undefined, {
      signal: AbortSignal.any([signal, patience.signal]),
    }).catch(() => {});
    const attempt = await Promise.race([this.#attempt.promise, late]);
    patience.abort();
    if (attempt && 'call' in attempt) return attempt;
    const reason = (attempt ?? this.#failure)?.told ?? 'it is being connected';
    throw new FunctionError(
      `The MCP server "${this.name}" cannot be used now: ${reason}. The call was not made. Say so; it may work later.`,
    );
  }
}

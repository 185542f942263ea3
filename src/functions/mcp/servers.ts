import type { Logger } from '../../log.ts';
import { Problem } from '../../problem.ts';
import type { McpServer } from '../../settings/mcp-variables.ts';
import { nearest } from '../../settings/nearest.ts';
import type { Store } from '../../store/store.ts';
import { functionName } from './names.ts';
import type { Revocation } from './oauth/revoke.ts';
import { SignIn } from './oauth/sign-in.ts';
import { type KeptSignIn, SignIns } from './oauth/sign-ins.ts';
import { Pins } from './pins.ts';
import { McpSource } from './source.ts';
import type { ServerStatus } from './status.ts';

/** Tells all processes that share the store that something of a server, whose name is sent, has been decided. */
const DECIDED = 'mcp-decided';

/** The same of a server where nobody is signed in any more. */
const SIGNED_OUT = 'mcp-signed-out';

/** What became of a sign-in that was to be taken away. */
export type SignedOut = Revocation | { readonly state: 'not signed in' };

/** The MCP servers of `assistant.md`. Nothing is loaded and started before `begin`. */
export class McpServers {
  /** In the order of `assistant.md`; each has its functions once it is connected. */
  readonly sources: readonly McpSource[];
  readonly #servers: readonly McpServer[];
  readonly #store: Store;
  readonly #pins: Pins;
  readonly #signIns: SignIns;
  readonly #deaf: readonly (() => void)[];

  constructor(servers: readonly McpServer[], store: Store, log: Logger) {
    this.#servers = servers;
    this.#store = store;
    this.#pins = new Pins(store.keyv('mcp-pins'));
    this.#signIns = new SignIns(store.keyv('mcp-sign-ins'), store.locks);
    const signIns = new Map<string, SignIn>();
    for (const server of servers)
      if ('url' in server) signIns.set(server.name, new SignIn(server, this.#signIns));
    this.sources = servers.map(
      (server) => new McpSource(server, { pins: this.#pins, signIn: signIns.get(server.name), log }),
    );
    const onSignal = (signal: string, change: (source: McpSource) => void) =>
      store.signals.on(signal, (name) => {
        signIns.get(name)?.forget();
        for (const source of this.sources) if (source.name === name) change(source);
      });
    this.#deaf = [
      onSignal(DECIDED, (source) => source.lookAgain()),
      onSignal(SIGNED_OUT, (source) => source.signedOut()),
    ];
  }

  /** Connects to all of them in the background. */
  begin(): void {
    for (const source of this.sources) source.begin();
  }

  /** Resolves when each was connected, or could not be. */
  async settled(): Promise<void> {
    await Promise.all(this.sources.map(({ first }) => first));
  }

  status(): Promise<ServerStatus[]> {
    return Promise.all(this.sources.map((source) => source.status()));
  }

  /**
   * Takes the tools of a server that are off, as they were shown.
   * @param named The server, or one function of it. Throws a `Problem` when there is none of that name.
   * @returns The names of the functions that are on again.
   */
  async approve(named: string): Promise<string[]> {
    const { name } = this.#find(named.split('__')[0] ?? '');
    const changed = await this.#pins.changed(name);
    const wanted = changed.filter((tool) => named === name || named === functionName(name, tool.name));
    const taken = await this.#pins.approve(name, wanted);
    await this.#store.signals.send(DECIDED, name);
    return taken.map((tool) => functionName(name, tool));
  }

  /** Keeps that somebody has signed in. */
  async signedIn(server: string, kept: KeptSignIn): Promise<void> {
    const { name } = this.#find(server);
    await this.#signIns.set(name, kept);
    await this.#store.signals.send(DECIDED, name);
  }

  /**
   * Takes a sign-in away, here and where it was made. Throws a `Problem` for a name of which nothing is known, also by
   * another `assistant.md`.
   */
  async signOut(server: string): Promise<SignedOut> {
    const kept = await this.#signIns.remove(server);
    if (!kept) return this.#find(server) && { state: 'not signed in' };
    await this.#store.signals.send(SIGNED_OUT, server);
    if (!kept.tokens) return { state: 'not signed in' };
    const named = this.#servers.find(({ name }) => name === server);
    const { revoke } = await import('./oauth/revoke.ts');
    return revoke(kept, named && 'url' in named ? named : { headers: {}, secrets: [] });
  }

  async close(): Promise<void> {
    for (const deaf of this.#deaf) deaf();
    await Promise.all(this.sources.map((source) => source.close()));
  }

  #find(name: string): McpSource {
    return findServer(this.sources, name);
  }
}

/** Throws a `Problem` when none has the name. */
export function findServer<T extends { readonly name: string }>(servers: readonly T[], name: string): T {
  const found = servers.find((server) => server.name === name);
  if (found) return found;
  const names = servers.map((server) => server.name);
  if (names.length === 0)
    throw new Problem('assistant.md names no MCP servers: add "mcp:" with servers to its fields.');
  const meant = nearest(name, names);
  const hint = meant ? `Did you mean ${meant}?` : `It names ${names.join(', ')}.`;
  throw new Problem(`assistant.md names no MCP server ${name}. ${hint}`);
}

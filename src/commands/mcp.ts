import { once } from 'node:events';
import { createInterface } from 'node:readline';
import {
  answerRequest,
  type McpRequest,
  printedApproval,
  printedServers,
  printedSignOut,
} from '../functions/mcp/commands.ts';
import { findServer, McpServers, type SignedOut } from '../functions/mcp/servers.ts';
import type { ServerStatus } from '../functions/mcp/status.ts';
import { holding } from '../holding.ts';
import { openLog } from '../log.ts';
import { askRunning } from '../operations/control.ts';
import { Problem } from '../problem.ts';
import type { McpServer } from '../settings/mcp-variables.ts';
import type { Settings } from '../settings/settings.ts';
import { openStore } from '../store/open-store.ts';

/** What `npm start -- mcp` is to do. */
export type McpCommand =
  | { readonly what: 'list' }
  | { readonly what: 'approve'; readonly name: string }
  | { readonly what: 'login' | 'logout'; readonly name: string };

/** `npm start -- mcp …`: also while Bobbin runs, which then does it. The exit status is 1 where a server needs somebody. */
export async function mcp(settings: Settings, command: McpCommand): Promise<void> {
  const servers = settings.assistant.mcp ?? [];
  if (servers.length === 0 && command.what !== 'logout')
    throw new Problem('assistant.md names no MCP servers: add "mcp:" with servers to its fields.');
  await holding(async () => {
    switch (command.what) {
      case 'list':
        return list(settings, servers);
      case 'approve':
        return tell(
          printedApproval(command.name, await ask<string[]>(settings, { ...command, what: 'approve' })),
        );
      case 'login':
        return logIn(settings, findServer(servers, command.name));
      case 'logout':
        return logOut(settings, command.name);
    }
  });
}

async function list(settings: Settings, servers: readonly McpServer[]): Promise<void> {
  const statuses = await ask<ServerStatus[]>(settings, { what: 'status' });
  tell(printedServers(servers, statuses));
  if (statuses.some(({ state, changed }) => state === 'failed' || changed.length > 0)) process.exitCode = 1;
}

async function logIn(settings: Settings, server: McpServer): Promise<void> {
  if (!('url' in server))
    throw new Problem(
      `${server.name} is a program, which takes what it needs from env: only servers with a url ask to sign in.`,
    );
  // Loaded only where it is used.
  const { logIn } = await import('../functions/mcp/oauth/log-in.ts');
  const interrupted = new AbortController();
  void Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]).then(() => interrupted.abort());
  const lines = createInterface({ input: process.stdin });
  try {
    const kept = await logIn(server, { tell, lines, signal: interrupted.signal });
    await ask(settings, { what: 'sign in', name: server.name, kept });
    tell(`Bobbin is signed in at ${server.name}, and stays so by itself.`);
  } finally {
    lines.close();
    process.stdin.destroy();
  }
}

async function logOut(settings: Settings, name: string): Promise<void> {
  const server = settings.assistant.mcp?.find((one) => one.name === name);
  if (server && 'command' in server) throw new Problem(`${name} is a program, which nobody signs in at.`);
  const end = await ask<SignedOut>(settings, { what: 'sign out', name });
  tell(printedSignOut(name, end));
  if (end.state === 'failed') process.exitCode = 1;
}

/** By whoever has the store: a database file belongs to the process that has it open. */
async function ask<T>(settings: Settings, request: McpRequest): Promise<T> {
  const { databaseUrl, dataDir } = settings.store;
  const answer =
    databaseUrl === undefined ? await askRunning(dataDir, 'mcp', JSON.stringify(request)) : undefined;
  return JSON.parse(answer ?? (await alone(settings, request)));
}

async function alone(settings: Settings, request: McpRequest): Promise<string> {
  await using open = new AsyncDisposableStack();
  const store = await openStore(settings.store);
  open.defer(() => store.close());
  const servers = new McpServers(
    settings.assistant.mcp ?? [],
    store,
    await openLog(settings.logLevel ?? 'error'),
  );
  open.defer(() => servers.close());
  if (request.what === 'status') {
    servers.begin();
    await servers.settled();
  }
  return answerRequest(servers, request);
}

function tell(text: string): void {
  process.stdout.write(`${text}\n`);
}

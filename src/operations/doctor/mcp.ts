import { reachOf, stateOf } from '../../functions/mcp/commands.ts';
import { McpServers } from '../../functions/mcp/servers.ts';
import type { ServerStatus } from '../../functions/mcp/status.ts';
import { openLog } from '../../log.ts';
import type { McpServer } from '../../settings/mcp-variables.ts';
import { memoryStore } from '../../store/sqlite/store.ts';
import { askRunning } from '../control.ts';
import { broken, type Finding, limited, unknown, well } from './finding.ts';

/**
 * Looks at the servers that `mcp:` names: as the Bobbin that runs has them, or else by connecting to each of them.
 * @param dataDir Where the running one has its store, if that is a file.
 */
export async function* examineMcp(
  servers: readonly McpServer[],
  dataDir: string | undefined,
): AsyncGenerator<Finding> {
  const running = dataDir === undefined ? undefined : await asked(dataDir);
  const statuses = running ?? (await tried(servers));
  for (const status of statuses) yield* findings(status, servers, running !== undefined);
}

async function asked(dataDir: string): Promise<ServerStatus[] | undefined> {
  const answer = await askRunning(dataDir, 'mcp', JSON.stringify({ what: 'status' })).catch(() => undefined);
  return answer === undefined ? undefined : JSON.parse(answer);
}

/** With a store of its own: nothing is changed in the one that is kept, and no sign-in is taken from it. */
async function tried(servers: readonly McpServer[]): Promise<ServerStatus[]> {
  const store = memoryStore();
  const opened = new McpServers(servers, store, await openLog('silent'));
  try {
    opened.begin();
    await opened.settled();
    return await opened.status();
  } finally {
    await opened.close();
    await store.close();
  }
}

function* findings(
  status: ServerStatus,
  servers: readonly McpServer[],
  isRunning: boolean,
): Generator<Finding> {
  const server = servers.find(({ name }) => name === status.name);
  const told = `${status.name}${server ? ` (${reachOf(server)})` : ''}: ${stateOf(status)}.`;
  if (status.state === 'connected') yield well(told);
  else if (status.wantsSignIn && !isRunning)
    yield unknown(
      `${status.name} asks for a sign-in. Whether somebody has signed in is told by "npm start -- mcp list".`,
    );
  else yield status.state === 'failed' ? broken(told) : limited(told);
  if (status.changed.length > 0)
    yield limited(
      `${status.changed.length} tools of ${status.name} are off, because they say something else than when they were taken: look at them with "npm start -- mcp list", and take them with "npm start -- mcp approve ${status.name}".`,
    );
  for (const note of status.notes) yield limited(`${status.name}: ${note}.`);
}

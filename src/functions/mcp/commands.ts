import type { McpServer } from '../../settings/mcp-variables.ts';
import { functionName } from './names.ts';
import type { KeptSignIn } from './oauth/sign-ins.ts';
import type { McpServers, SignedOut } from './servers.ts';
import type { ServerStatus } from './status.ts';

/** What can be asked of the MCP servers of a process. */
export type McpRequest =
  | { readonly what: 'status' }
  | { readonly what: 'approve'; readonly name: string }
  | { readonly what: 'sign in'; readonly name: string; readonly kept: KeptSignIn }
  | { readonly what: 'sign out'; readonly name: string };

/** Does it, and gives what there is to tell, as JSON. Throws a `Problem` where it can't be done. */
export async function answerRequest(servers: McpServers, request: McpRequest): Promise<string> {
  switch (request.what) {
    case 'status':
      return JSON.stringify(await servers.status());
    case 'approve':
      return JSON.stringify(await servers.approve(request.name));
    case 'sign in':
      await servers.signedIn(request.name, request.kept);
      return JSON.stringify([]);
    case 'sign out':
      return JSON.stringify(await servers.signOut(request.name));
  }
}

/** All servers, with what each needs. */
export function printedServers(servers: readonly McpServer[], statuses: readonly ServerStatus[]): string {
  const printed = statuses.map((status) => {
    const server = servers.find(({ name }) => name === status.name);
    return [
      `${status.name}${server ? ` (${reachOf(server)})` : ''}: ${stateOf(status)}`,
      ...detailsOf(status),
    ].join('\n');
  });
  return printed.join('\n\n');
}

/** Nothing of it is secret. */
export function reachOf(server: McpServer): string {
  if ('command' in server) return server.command;
  const { origin, pathname } = new URL(server.url);
  return `${origin}${pathname}`;
}

export function stateOf({ state, reason, functions }: ServerStatus): string {
  if (state === 'connecting') return 'is being connected';
  return state === 'failed'
    ? `can't be used: ${reason}`
    : `connected, ${functions.length} ${functions.length === 1 ? 'tool' : 'tools'}`;
}

function detailsOf({ name, functions, changed, notes }: ServerStatus): string[] {
  return [
    ...functions.map((each) => `  ${each}`),
    ...changed.flatMap((tool) => [
      `  ${functionName(name, tool.name)} is off, because it says something else than when it was taken. Now it says:`,
      ...tool.description.split('\n').map((line) => `    ${line}`),
      `    Take it as it is with "npm start -- mcp approve ${functionName(name, tool.name)}".`,
    ]),
    ...notes.map((note) => `  Note: ${note}.`),
  ];
}

/** What is said of tools that were taken. */
export function printedApproval(name: string, taken: readonly string[]): string {
  if (taken.length === 0) return `Nothing of ${name} is off.`;
  return `On again, as "npm start -- mcp list" showed them:\n${taken.map((each) => `  ${each}`).join('\n')}`;
}

/** What became of a sign-in. */
export function printedSignOut(name: string, end: SignedOut): string {
  if (end.state === 'not signed in') return `Bobbin is not signed in at ${name}: nothing is kept of it.`;
  const gone = `Bobbin is signed out of ${name}: its sign-in is deleted here`;
  if (end.state === 'revoked') return `${gone} and revoked there.`;
  const why =
    end.state === 'failed'
      ? `It could not be revoked there (${end.why})`
      : 'It could not be revoked there, since the server offers no way to';
  return `${gone}. ${why}: take Bobbin's access away in the settings of your account there.`;
}

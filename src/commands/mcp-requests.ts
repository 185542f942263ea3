import type { McpServers } from '../functions/mcp/servers.ts';
import type { Requests } from '../operations/control.ts';
import { Problem } from '../problem.ts';

/** What a process that has the store open answers; what does it is loaded once it is asked. */
export function mcpRequests(open: () => Promise<McpServers | undefined>): Requests {
  return {
    mcp: async (request) => {
      const { answerRequest } = await import('../functions/mcp/commands.ts');
      const servers = await open();
      if (!servers)
        throw new Problem(
          'The Bobbin that runs has no MCP servers: start it anew to have those of assistant.md.',
        );
      return answerRequest(servers, JSON.parse(request));
    },
  };
}
